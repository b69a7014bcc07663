import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { type Schema, api, ask } from "../api";

export type PeopleQuery = Partial<Schema<"PeopleQuery">>;
export type PersonSummary = Schema<"PersonSummary">;

const FIRST: Schema<"PeopleQuery"> = {
  condition: { everyone: true },
  traits: [],
  order_by: "arrival",
  order_trait: "",
  descending: false,
  limit: 50,
  offset: 0,
};

/** A page of the people a condition is true for. */
export function usePeople(asked: PeopleQuery) {
  const body = { ...FIRST, ...asked };
  return useQuery({
    queryKey: ["people", "query", body],
    queryFn: ({ signal }) => ask(api.POST("/v1/people/query", { body, signal })),
    placeholderData: keepPreviousData,
  });
}

/** People by any identifier, name or public id, best first. */
export function usePeopleSearch(q: string, limit = 8) {
  return useQuery({
    queryKey: ["people", "search", q, limit],
    queryFn: ({ signal }) => ask(api.GET("/v1/people", { params: { query: { q, limit } }, signal })),
    enabled: q.trim() !== "",
    placeholderData: keepPreviousData,
  });
}
