import { keepPreviousData, useInfiniteQuery, useQueries, useQuery } from "@tanstack/react-query";

import { type Answer, type Schema, api, ask } from "@/shared/api";

import type { Verdict } from "./filter";

export type Item = Answer<"/v1/reviews/{item}">;
export type Counts = Answer<"/v1/reviews/counts", "post">;
export type Filter = Schema<"FilterIn">;
export type Sort = "score" | "newest" | "oldest";

const PAGE = 30;

export function useCounts(filter: Filter) {
  return useQuery({
    queryKey: ["reviews", "counts", filter],
    queryFn: ({ signal }) => ask(api.POST("/v1/reviews/counts", { body: filter, signal })),
    placeholderData: keepPreviousData,
  });
}

export function useQueue(filter: Filter, sort: Sort, decided: boolean) {
  const { kinds, person, assigned } = filter;
  return useInfiniteQuery({
    queryKey: ["reviews", "queue", filter, sort, decided],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) => {
      const query = {
        kinds,
        person,
        assigned,
        sort,
        state: decided ? ("decided" as const) : ("" as const),
        limit: PAGE,
        cursor: pageParam,
      };
      return ask(api.GET("/v1/reviews", { params: { query }, signal }));
    },
    getNextPageParam: ({ next }) => next || undefined,
    placeholderData: keepPreviousData,
  });
}

/** The people a question is about, as they are now. */
export function usePeopleOf(references: readonly string[]) {
  return useQueries({
    queries: references.map((reference) => ({
      queryKey: ["people", "person", reference],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        ask(
          api.GET("/v1/people/{reference}", {
            params: { path: { reference }, query: { timeline: 0 } },
            signal,
          }),
        ),
    })),
  });
}

export function useBulkPreview(filter: Filter, open: boolean) {
  return useQuery({
    queryKey: ["reviews", "bulk", filter],
    queryFn: ({ signal }) => ask(api.POST("/v1/reviews/bulk/preview", { body: filter, signal })),
    enabled: open,
    placeholderData: keepPreviousData,
  });
}

export const calls = {
  decide: ({ item, verdict, reason }: { item: string; verdict: Verdict; reason: string }) =>
    ask(api.POST("/v1/reviews/{item}/decision", { params: { path: { item } }, body: { verdict, reason } })),
  undo: (item: string, reason: string) =>
    ask(api.POST("/v1/reviews/{item}/undo", { params: { path: { item } }, body: { reason } })),
  take: (filter: Filter, next: number) =>
    ask(api.POST("/v1/reviews/claims", { body: { items: [], next, filter, to: "" } })),
  release: (items: string[]) => ask(api.POST("/v1/reviews/release", { body: { items } })),
  bulk: (body: { filter: Filter; verdict: "same" | "different"; reason: string; count: number }) =>
    ask(api.POST("/v1/reviews/bulk", { body })),
};
