import { useQuery } from "@tanstack/react-query";

import { type Answer, api, ask } from "@/shared/api";

export type Status = Answer<"/v1/status">;
export type Step = Status["steps"][number];
export type Figure = Step["figures"][number];

const EVERY_MS = 2000;

/** The nine steps in numbers, asked again and again while the page is looked at. */
export function useStatus() {
  return useQuery({
    queryKey: ["cockpit", "status"],
    queryFn: ({ signal }) => ask(api.GET("/v1/status", { signal })),
    refetchInterval: EVERY_MS,
  });
}
