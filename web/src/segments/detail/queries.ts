import { useQuery } from "@tanstack/react-query";

import { type Schema, api, ask } from "@/shared/api";
import type { Fields } from "@/shared/conditions";

export type Definition = Schema<"DefinitionOut">;
export type Clause = Schema<"ClauseOut">;

const path = (key: string) => ({ path: { kind: "segment", key } });

export function useSegment(key: string) {
  return useQuery({
    queryKey: ["segments", "one", key],
    queryFn: ({ signal }) => ask(api.GET("/v1/definitions/{kind}/{key}", { params: path(key), signal })),
    refetchOnWindowFocus: false,
  });
}

export function useHistory(key: string) {
  return useQuery({
    queryKey: ["segments", "history", key],
    queryFn: ({ signal }) => ask(api.GET("/v1/definitions/{kind}/{key}/history", { params: path(key), signal })),
  });
}

export function useSnapshots(key: string) {
  return useQuery({
    queryKey: ["segments", "versions", key],
    queryFn: ({ signal }) => ask(api.GET("/v1/segments/{key}/versions", { params: { path: { key } }, signal })),
  });
}

export function useWhy(key: string, reference: string) {
  return useQuery({
    queryKey: ["segments", "why", key, reference],
    queryFn: ({ signal }) =>
      ask(api.GET("/v1/segments/{key}/why/{reference}", { params: { path: { key, reference } }, signal })),
    enabled: reference !== "",
  });
}

export const load = (key: string) => ask(api.GET("/v1/definitions/{kind}/{key}", { params: path(key) }));

export const refresh = (key: string) => ask(api.POST("/v1/segments/refresh", { body: { keys: [key] } }));

/** Saves a segment over the version that was edited; 0 for a new one. A `changed_since` says that there is a newer. */
export const save = (document: Fields, over: number) =>
  ask(
    api.POST("/v1/definitions/apply", {
      body: { documents: [document], over: { [`segment/${String(document.key)}`]: over } },
    }),
  );
