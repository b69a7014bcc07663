import { useInfiniteQuery, useQuery } from "@tanstack/react-query";

import { type Answer, api, ask } from "@/shared/api";

export type Profile = Answer<"/v1/people/{reference}">;
export type Link = NonNullable<ReturnType<typeof useLinks>["data"]>[number];
export type Preview = NonNullable<ReturnType<typeof useMergePreview>["data"]>;
export type Entry = Profile["timeline"]["entries"][number];
export type Identifier = readonly [namespace: string, value: string];

const LINKS = 1000;
const ENTRIES = 50;

const path = (reference: string) => ({ path: { reference } });

/** All that is known of a person, without the timeline, which pages by itself. */
export function useProfile(reference: string) {
  return useQuery({
    queryKey: ["people", "person", reference],
    queryFn: ({ signal }) =>
      ask(api.GET("/v1/people/{reference}", { params: { ...path(reference), query: { timeline: 0 } }, signal })),
  });
}

/** Which identifiers were seen together, and what was decided about it: the person's part of the ledger. */
export function useLinks(reference: string) {
  return useQuery({
    queryKey: ["people", "person", reference, "links"],
    queryFn: ({ signal }) =>
      ask(api.GET("/v1/people/{reference}/links", { params: { ...path(reference), query: { limit: LINKS } }, signal })),
  });
}

/** Pages of events, newest first; `before` is a time in ms from which to go back, 0 for now. */
export function useEntries(reference: string, names: string[], before: number) {
  return useInfiniteQuery({
    queryKey: ["people", "person", reference, "timeline", names, before],
    initialPageParam: before > 0 ? `${before}.` : "",
    queryFn: ({ pageParam, signal }) => {
      const query = {
        limit: ENTRIES,
        ...(names.length ? { names } : {}),
        ...(pageParam === "" ? {} : { before: pageParam }),
      };
      return ask(api.GET("/v1/people/{reference}/timeline", { params: { ...path(reference), query }, signal }));
    },
    getNextPageParam: ({ next }) => (next ? `${next.at_ms}.${next.message_id}` : undefined),
  });
}

/** Memberships, roles and relations: what a person has with nodes, things and other people. */
export function useTies(reference: string) {
  return useQuery({
    queryKey: ["people", "person", reference, "ties"],
    queryFn: async ({ signal }) => {
      const asked = { params: path(reference), signal };
      const [memberships, roles, relations] = await Promise.all([
        ask(api.GET("/v1/people/{reference}/memberships", asked)),
        ask(api.GET("/v1/people/{reference}/roles", asked)),
        ask(api.GET("/v1/people/{reference}/relations", asked)),
      ]);
      return { memberships, roles, relations };
    },
  });
}

export function useConsents(reference: string) {
  return useQuery({
    queryKey: ["people", "person", reference, "consents"],
    queryFn: ({ signal }) => ask(api.GET("/v1/people/{reference}/consents", { params: path(reference), signal })),
  });
}

/** Clause by clause why a person is in a segment, or not. */
export function useWhy(segment: string, reference: string) {
  return useQuery({
    queryKey: ["people", "person", reference, "why", segment],
    queryFn: ({ signal }) =>
      ask(api.GET("/v1/segments/{key}/why/{reference}", { params: { path: { key: segment, reference } }, signal })),
  });
}

/** What a merge of two people would change; nothing is written. */
export function useMergePreview(one: string, other: string) {
  return useQuery({
    queryKey: ["preview", "merge", one, other],
    queryFn: ({ signal }) => ask(api.POST("/v1/identity/merge/preview", { body: { one, other }, signal })),
    enabled: other !== "",
    gcTime: 0,
  });
}

/** What taking identifiers out of a person would change; nothing is written. */
export function useSplitPreview(person: string, leaving: readonly Identifier[]) {
  const identifiers = leaving.map(([namespace, value]) => ({ namespace, value }));
  return useQuery({
    queryKey: ["preview", "split", person, identifiers],
    queryFn: ({ signal }) => ask(api.POST("/v1/identity/unmerge/preview", { body: { person, identifiers }, signal })),
    enabled: identifiers.length > 0,
    gcTime: 0,
  });
}

/** Merges of the person that wait for their cool-off to end. */
export function useWaitingMerges(publicId: string) {
  return useQuery({
    queryKey: ["people", "waiting"],
    queryFn: ({ signal }) => ask(api.GET("/v1/identity/merges", { params: { query: { state: "waiting" } }, signal })),
    select: (merges) => merges.filter((one) => (one.people as readonly string[]).includes(publicId)),
  });
}

export const calls = {
  merge: (body: { one: string; other: string; reason: string; override: boolean }) =>
    ask(api.POST("/v1/identity/merge", { body: { ...body, preview: false } })),
  split: ({ person, leaving, reason }: { person: string; leaving: readonly Identifier[]; reason: string }) => {
    const identifiers = leaving.map(([namespace, value]) => ({ namespace, value }));
    return ask(api.POST("/v1/identity/unmerge", { body: { person, identifiers, reason, preview: false } }));
  },
  link: (word: "must" | "free", a: Identifier, b: Identifier, reason: string) =>
    ask(
      api.POST("/v1/identity/links/{word}", {
        params: { path: { word } },
        body: { a: { namespace: a[0], value: a[1] }, b: { namespace: b[0], value: b[1] }, reason },
      }),
    ),
  cancel: (merge: number) =>
    ask(api.POST("/v1/identity/merges/{merge}/cancel", { params: { path: { merge } }, body: { reason: "" } })),
  tag: (body: { customer: string; tag: string; value: string; why: string; remove: boolean }) =>
    ask(api.POST("/v1/customers/tags", { body: { tags: [body] } })),
};
