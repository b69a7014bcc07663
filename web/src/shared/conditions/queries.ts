import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { type Answer, api, ask } from "../api";
import { type Fields, type Json, namesIn } from "./document";

export type Names = Answer<"/v1/conditions/names", "get">;
export type Inspection = Answer<"/v1/conditions/inspect", "post">;
export type Fault = Inspection["problems"][number];

const NONE: Names = { events: [], traits: [], tags: [], segments: [], properties: {} };
const PAUSE_MS = 450;

/** The names there are, with the properties of the events and the kinds of the traits that a document uses. */
export function useNames(document: Json): Names {
  const { events, traits } = namesIn(document);
  const query = useQuery({
    queryKey: ["conditions", "names", events, traits],
    queryFn: ({ signal }) =>
      ask(api.GET("/v1/conditions/names", { params: { query: { event: events, trait: traits } }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  return query.data ?? NONE;
}

/** How a document reads, its SQL, and what is wrong with it. */
export function useInspection(condition: Json) {
  const body = { condition: condition as Fields, sample: 0 };
  return useQuery({
    queryKey: ["conditions", "inspect", body],
    queryFn: ({ signal }) => ask(api.POST("/v1/conditions/inspect", { body, signal })),
    placeholderData: keepPreviousData,
  });
}

/** How many people it has now, and some of them. */
export function useCount(condition: Json, enabled: boolean) {
  const body = {
    condition: condition as Fields,
    traits: [],
    order_by: "last_seen" as const,
    order_trait: "",
    descending: true,
    limit: 5,
    offset: 0,
  };
  return useQuery({
    queryKey: ["people", "query", body],
    queryFn: async ({ signal }) => {
      const [preview, page] = await Promise.all([
        ask(api.POST("/v1/conditions/preview", { body: { condition: condition as Fields, sample: 5 }, signal })),
        ask(api.POST("/v1/people/query", { body: { ...body, condition: { everyone: true }, limit: 1 }, signal })),
      ]);
      return { size: preview.size, sample: preview.sample, everyone: page.total };
    },
    enabled,
    placeholderData: keepPreviousData,
  });
}

/** A value once it has been left alone for a moment: typing does not ask the server letter by letter. */
export function useSettled<T>(value: T): T {
  const [settled, settle] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => settle(value), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
