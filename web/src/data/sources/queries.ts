import { useQuery } from "@tanstack/react-query";

import { api, ask } from "@/shared/api";

/** Write keys that are in use. */
export function useWriteKeys() {
  return useQuery({
    queryKey: ["data", "sources"],
    queryFn: ({ signal }) => ask(api.GET("/v1/keys", { signal })),
    select: (keys) => keys.filter((key) => key.kind === "write" && key.revoked_at === null),
  });
}
