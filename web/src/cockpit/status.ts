// What every part of the cockpit reads: the nine steps in numbers.
import { useQuery } from "@tanstack/react-query";

import { type Answer, api, ask } from "@/shared/api";

export type Status = Answer<"/v1/status">;
export type Step = Status["steps"][number];
export type Figure = Step["figures"][number];
export type Running = Status["running"][number];
export type Report = NonNullable<Status["report"]>;

const EVERY_MS = 2000;
const WAITS_MS = [2000, 4000, 8000, 15000];

/** Asked again and again while the page is looked at; a server that is away is asked more and more seldom. */
export function useStatus() {
  return useQuery({
    queryKey: ["cockpit", "status"],
    queryFn: ({ signal }) => ask(api.GET("/v1/status", { signal })),
    retry: false,
    refetchOnWindowFocus: true,
    refetchInterval: ({ state }) =>
      state.error ? (WAITS_MS[Math.min(state.errorUpdateCount - 1, 3)] ?? EVERY_MS) : EVERY_MS,
  });
}

/** True where nothing has ever come in: every step idle, no events, nothing running, nothing reported. */
export function isEmpty({ steps, activity, running, report }: Status): boolean {
  const quiet = activity.every((minute) => minute.events === 0) && running.length === 0 && report === null;
  return quiet && steps.every((step) => step.state === "idle");
}
