/** What the address of the list carries besides the table's own paging and sort. */
export const START = { q: "", segment: "", tag: "", where: "", columns: "city", page: 1 };
export type Filter = Record<Exclude<keyof typeof START, "page">, string> & { page: number };

interface Read {
  /** Null: what stands in the address is no condition. */
  condition: Record<string, unknown> | null;
  everyone: boolean;
}

/** The condition that an address means: a segment, a tag (`key` or `key:value`) and a condition as JSON, all of them. */
export function conditionOf({ segment, tag, where }: Pick<Filter, "segment" | "tag" | "where">): Read {
  const all: Record<string, unknown>[] = [];
  if (segment) all.push({ in_segment: segment });
  if (tag) {
    const [key, value] = cut(tag);
    all.push(value === "" ? { tag: key, op: "exists" } : { tag: key, op: "eq", value });
  }
  if (where) {
    const parsed = parse(where);
    if (parsed === null) return { condition: null, everyone: false };
    all.push(parsed);
  }
  if (all.length === 0) return { condition: { everyone: true }, everyone: true };
  return { condition: all.length === 1 ? (all[0] ?? null) : { all }, everyone: false };
}

function cut(tag: string): [key: string, value: string] {
  const at = tag.indexOf(":");
  return at < 0 ? [tag, ""] : [tag.slice(0, at), tag.slice(at + 1)];
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === "object" && found !== null && !Array.isArray(found)
      ? (found as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
