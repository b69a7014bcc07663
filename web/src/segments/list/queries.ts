import { useQuery } from "@tanstack/react-query";

import { type Schema, api, ask } from "@/shared/api";

export type Segment = Schema<"SegmentOut">;

export function useSegments() {
  return useQuery({
    queryKey: ["segments", "list"],
    queryFn: ({ signal }) => ask(api.GET("/v1/segments", { signal })),
  });
}

export const refreshAll = () => ask(api.POST("/v1/segments/refresh", { body: { keys: [] } }));
