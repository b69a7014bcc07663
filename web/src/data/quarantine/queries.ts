import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { type Answer, Problem, type Schema, api, ask } from "@/shared/api";

export type Entry = Schema<"QuarantineOut">;
export type Attempt = Answer<"/v1/quarantine/try", "post">[number];
export type Replayed = Schema<"ReplayOut">;
export type Step = Record<string, unknown>;

export interface Filter {
  source: string;
  code: string;
  text: string;
  /** How far back, in hours; 0: everything. */
  hours: number;
  replayed: boolean;
}

export const QUARANTINE = ["data", "quarantine"];
const PAGE = 50;
const HOUR_MS = 3_600_000;

export function useQuarantine(filter: Filter, before: number) {
  const paging = { limit: PAGE, replayed: filter.replayed, ...(before > 0 ? { before_id: before } : {}) };
  return useQuery({
    queryKey: [...QUARANTINE, filter, paging],
    queryFn: ({ signal }) =>
      ask(api.GET("/v1/quarantine", { params: { query: { ...sought(filter), ...paging } }, signal })),
    placeholderData: keepPreviousData,
  });
}

/** Open entries by source and reason. */
export function useSummary() {
  return useQuery({
    queryKey: [...QUARANTINE, "summary"],
    queryFn: ({ signal }) => ask(api.GET("/v1/quarantine/summary", { signal })),
  });
}

/** One entry, open or replayed. */
export function useEntry(id: number) {
  return useQuery({ queryKey: [...QUARANTINE, "entry", id], queryFn: ({ signal }) => findEntry(id, signal) });
}

async function findEntry(id: number, signal: AbortSignal): Promise<Entry> {
  for (const replayed of [false, true]) {
    const query = { before_id: id + 1, limit: 1, replayed };
    const { entries } = await ask(api.GET("/v1/quarantine", { params: { query }, signal }));
    if (entries[0]?.id === id) return entries[0];
  }
  throw new Problem(404, { code: "unknown_entry", message: `there is no entry ${id} in quarantine` });
}

export async function tryOne(id: number, mend: Step[]): Promise<Attempt | undefined> {
  return (await ask(api.POST("/v1/quarantine/try", { body: { ids: [id], after_id: 0, mend } })))[0];
}

export function replayOne(id: number, mend: Step[]): Promise<Replayed> {
  return ask(api.POST("/v1/quarantine/replay", { body: { ids: [id], after_id: 0, mend } }));
}

/** Reads all open entries that fit again, a thousand at a time. */
export async function replayAll(filter: Filter): Promise<Pick<Replayed, "accepted" | "refused">> {
  const done = { accepted: 0, refused: 0 };
  const body = { ids: [], mend: [], sought: sought(filter) };
  let after: number | null | undefined = 0;
  while (typeof after === "number") {
    const part: Replayed = await ask(api.POST("/v1/quarantine/replay", { body: { ...body, after_id: after } }));
    done.accepted += part.accepted;
    done.refused += part.refused;
    after = part.next_after_id;
  }
  return done;
}

function sought({ source, code, text, hours }: Filter) {
  return {
    ...(source && { source }),
    ...(code && { code }),
    ...(text && { text }),
    ...(hours > 0 && { since: new Date(Date.now() - hours * HOUR_MS).toISOString() }),
  };
}
