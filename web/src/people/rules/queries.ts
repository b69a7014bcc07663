import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";

import { api, ask } from "@/shared/api";

export type Change = NonNullable<ReturnType<typeof useChange>["data"]>;
export type Changed = "merge" | "split" | "blocked";

const FOLLOW_MS = 1500;
const PAGE = 30;
const UNDER_WAY = new Set(["queued", "simulating", "applying"]);

export const underWay = (state: string) => UNDER_WAY.has(state);

/** The rules in force: read aloud, and as the document they were given as; empty where none was ever given. */
export function useRules() {
  return useQuery({
    queryKey: ["people", "rules"],
    queryFn: async ({ signal }) => {
      const [read, kept] = await Promise.all([
        ask(api.GET("/v1/identity/rules", { signal })),
        ask(api.GET("/v1/definitions/{kind}", { params: { path: { kind: "identity-rules" } }, signal })),
      ]);
      return { ...read, document: kept[0]?.document ?? {} };
    },
  });
}

/** Every change of the rules, newest first. */
export function useHistory() {
  return useQuery({
    queryKey: ["people", "rules", "changes"],
    queryFn: ({ signal }) => ask(api.GET("/v1/identity/rules/changes", { params: { query: { limit: 50 } }, signal })),
    refetchInterval: ({ state }) => (state.data?.some((one) => underWay(one.state)) ? FOLLOW_MS * 2 : false),
  });
}

/** One change; while something is under way it is followed. */
export function useChange(id: number) {
  return useQuery({
    queryKey: ["people", "rules", "changes", id],
    queryFn: ({ signal }) =>
      ask(api.GET("/v1/identity/rules/changes/{change}", { params: { path: { change: id } }, signal })),
    refetchInterval: ({ state }) => (state.data && underWay(state.data.state) ? FOLLOW_MS : false),
  });
}

/** Who becomes one, who comes apart, which identifiers are blocked; the largest first. */
export function useChanged(id: number, kind: Changed) {
  return useInfiniteQuery({
    queryKey: ["people", "rules", "changes", id, "people", kind],
    initialPageParam: 0,
    queryFn: ({ pageParam, signal }) =>
      ask(
        api.GET("/v1/identity/rules/changes/{change}/people", {
          params: { path: { change: id }, query: { kind, after: pageParam, limit: PAGE } },
          signal,
        }),
      ),
    getNextPageParam: (page) => (page.length < PAGE ? undefined : page.at(-1)?.place),
    placeholderData: keepPreviousData,
  });
}

const path = (change: number) => ({ params: { path: { change } } });

export const calls = {
  draft: (body: { document: Record<string, unknown>; reason: string }) =>
    ask(api.POST("/v1/identity/rules/changes", { body })),
  again: (id: number) => ask(api.POST("/v1/identity/rules/changes/{change}/simulate", path(id))),
  apply: (id: number, anyway: boolean) =>
    ask(api.POST("/v1/identity/rules/changes/{change}/apply", { ...path(id), body: { anyway } })),
  discard: (id: number) =>
    ask(api.POST("/v1/identity/rules/changes/{change}/discard", { ...path(id), body: { reason: "" } })),
  undo: (id: number) =>
    ask(api.POST("/v1/identity/rules/changes/{change}/undo", { ...path(id), body: { reason: "" } })),
};
