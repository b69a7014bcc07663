import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { type Schema, api, ask } from "@/shared/api";

export type Entry = Schema<"AuditEntryOut">;

export interface Filter {
  actor: string;
  verb: string;
  target: string;
  /** Entries older than this number; 0: the newest. */
  before: number;
}

const PAGE = 50;

export function useAudit({ actor, verb, target, before }: Filter) {
  const query = { actor, verb, target, limit: PAGE, ...(before > 0 ? { before_seq: before } : {}) };
  return useQuery({
    queryKey: ["settings", "audit", query],
    queryFn: ({ signal }) => ask(api.GET("/v1/audit", { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}
