import { useQuery } from "@tanstack/react-query";

import { type Schema, api, ask } from "@/shared/api";

export type Key = Schema<"KeyOut">;
export type NewKey = Pick<Schema<"KeyIn">, "kind" | "name" | "channel">;
export type MadeKey = Schema<"KeyMade">;

export const KEYS = ["settings", "keys"];

export function useKeys() {
  return useQuery({ queryKey: KEYS, queryFn: ({ signal }) => ask(api.GET("/v1/keys", { signal })) });
}

export function makeKey(body: NewKey): Promise<MadeKey> {
  return ask(api.POST("/v1/keys", { body: { ...body, scope: null } }));
}

export async function revokeKey(id: number): Promise<void> {
  await ask(api.POST("/v1/keys/{key_id}/revoke", { params: { path: { key_id: id } } }));
}
