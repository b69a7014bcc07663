import type { Say } from "@/shared/i18n";

import type { texts } from "./texts";

/** A word of the API in the reader's language; one that has no text yet stays as it is. */
export function worded(t: Say<typeof texts>, kind: "state" | "action" | "reason", word: string): string {
  return (t as (key: string) => string)(`${kind}.${word}`) || word;
}
