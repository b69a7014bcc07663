import type { Fields, Json } from "@/shared/conditions";

/** A segment as it is edited: its document, whole, so that fields that are not shown here stay. */
export interface Draft {
  document: Fields;
  /** The version it was loaded from; 0 for a new one. */
  over: number;
}

export const EMPTY: Draft = {
  document: {
    kind: "segment",
    key: "",
    name: { en: "", zh: "" },
    owner: "",
    purpose: "",
    condition: { all: [{ event: "", measure: "did", within: { last: "30d" } }] },
  },
  over: 0,
};

export function namesOf({ document }: Draft): { en: string; zh: string } {
  const { name } = document;
  if (typeof name === "object" && name !== null && !Array.isArray(name))
    return { en: String(name.en ?? ""), zh: String(name.zh ?? "") };
  return { en: String(name ?? ""), zh: String(name ?? "") };
}

/** A name that was given in one language only is kept in that one only. */
export function named(draft: Draft, change: Partial<{ en: string; zh: string }>): Draft {
  const names = Object.fromEntries(Object.entries({ ...namesOf(draft), ...change }).filter(([, text]) => text !== ""));
  return { ...draft, document: { ...draft.document, name: names } };
}

export function put(draft: Draft, field: string, value: Json): Draft {
  return { ...draft, document: { ...draft.document, [field]: value } };
}

export function isWhole(draft: Draft): boolean {
  const { key, owner } = draft.document;
  const { en, zh } = namesOf(draft);
  return Boolean(key && owner && (en || zh));
}
