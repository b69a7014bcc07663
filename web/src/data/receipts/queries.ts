import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { type Schema, api, ask } from "@/shared/api";

export type Receipt = Schema<"ReceiptOut">;
export type Verdict = Receipt["verdict"];

export const VERDICTS: readonly Verdict[] = ["ok", "warning", "quarantined", "duplicate", "suppressed"];

export interface Filter {
  source: string;
  name: string;
  verdict: string;
  cursor: string;
}

const PAGE = 50;
const EVERY_MS = 2_000;

/** What arrived last; while it is live, asked again every two seconds. */
export function useReceipts({ source, name, verdict, cursor }: Filter, live: boolean) {
  const known = VERDICTS.find((one) => one === verdict);
  const query = {
    limit: PAGE,
    cursor,
    ...(source && { source }),
    ...(name && { name }),
    ...(known && { verdict: known }),
  };
  return useQuery({
    queryKey: ["data", "receipts", query],
    queryFn: ({ signal }) => ask(api.GET("/v1/receipts", { params: { query }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: live ? EVERY_MS : false,
  });
}

export function useReceipt(source: string, message: string, live: boolean) {
  const path = { source, message_id: message };
  return useQuery({
    queryKey: ["data", "receipt", path],
    queryFn: ({ signal }) => ask(api.GET("/v1/receipts/{source}/{message_id}", { params: { path }, signal })),
    refetchInterval: (query) => (live && query.state.error === null ? EVERY_MS : false),
  });
}
