/**
 * The builder edits the condition document itself: what it does not touch stays as it came, and what it does not know
 * is shown as JSON. So nothing is ever lost between the builder and the document.
 */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
export type Fields = { [name: string]: Json };

export type Part =
  "group" | "algebra" | "not" | "trait" | "tag" | "event" | "in_segment" | "named" | "everyone" | "other";

export const GROUPS = ["all", "any"] as const;
export const ALGEBRA = ["intersect", "union", "minus"] as const;
export const MEASURES = ["did", "did_not", "count", "sum", "avg", "min", "max", "first", "last"] as const;
export const CALENDARS = [
  "today",
  "yesterday",
  "this_week",
  "last_week",
  "this_month",
  "last_month",
  "this_quarter",
  "last_quarter",
  "this_year",
  "last_year",
] as const;

const PRESENCE = ["exists", "not_exists"];
const TEXT = ["eq", "ne", "in", "not_in", "contains", "not_contains", "starts_with", "ends_with", "matches"];
const NUMBER = ["eq", "ne", "gt", "gte", "lt", "lte", "between", "in", "not_in"];
const TIME = ["within_last", "not_within_last", "before", "after"];
export const OPS = [...new Set([...TEXT, ...NUMBER, ...TIME, ...PRESENCE])];
const FIELDS: Partial<Record<Part, readonly string[]>> = {
  trait: ["trait", "op", "value"],
  tag: ["tag", "op", "value"],
  event: ["event", "measure", "of", "op", "value", "within", "where"],
};

/** The operators that make sense for values of these kinds; all where nothing is known. */
export function opsFor(kinds: readonly string[]): string[] {
  if (kinds.length === 0) return OPS;
  const known: Record<string, string[]> = { number: NUMBER, time: [...TIME, ...TEXT], "yes/no": ["eq", "ne"] };
  return [...new Set([...kinds.flatMap((kind) => known[kind] ?? TEXT), ...PRESENCE])];
}

export const isPresence = (op: Json | undefined) => PRESENCE.includes(String(op));

export function isFields(node: Json | undefined): node is Fields {
  return typeof node === "object" && node !== null && !Array.isArray(node);
}

/** What a node is to the builder; anything it cannot show whole is "other". */
export function partOf(node: Json): Part {
  if (typeof node === "string") return "named";
  if (!isFields(node)) return "other";
  const names = Object.keys(node);
  const [only] = names;
  if (names.length === 1 && only !== undefined) {
    if (isOneOf(GROUPS, only) && Array.isArray(node[only])) return "group";
    if (isOneOf(ALGEBRA, only) && Array.isArray(node[only])) return "algebra";
    if (only === "not") return "not";
    if (only === "in_segment" && typeof node.in_segment === "string") return "in_segment";
    if (only === "everyone" && node.everyone === true) return "everyone";
  }
  for (const part of ["trait", "tag", "event"] as const)
    if (typeof node[part] === "string" && names.every((name) => FIELDS[part]?.includes(name)))
      return fits(node) ? part : "other";
  return "other";
}

function fits(node: Fields): boolean {
  const { measure, of, within, where } = node;
  return (
    plain(node) &&
    (measure === undefined || isOneOf(MEASURES, measure)) &&
    (of === undefined || typeof of === "string") &&
    (within === undefined || windowOf(within) !== "other") &&
    (where === undefined || (Array.isArray(where) && where.every(isFilter)))
  );
}

function isFilter(one: Json): boolean {
  const known = ["property", "op", "value"];
  return (
    isFields(one) &&
    typeof one.property === "string" &&
    Object.keys(one).every((name) => known.includes(name)) &&
    plain(one)
  );
}

/** Whether operator and value are of a form that the inputs can show. */
function plain({ op, value }: Fields): boolean {
  const scalar = (one: Json) => typeof one !== "object";
  return (
    (op === undefined || isOneOf(OPS, op)) &&
    (value === undefined || scalar(value) || (Array.isArray(value) && value.every(scalar)))
  );
}

export type WindowKind = "ever" | "last" | "calendar" | "between" | "since" | "before" | "other";

export function windowOf(within: Json | undefined): WindowKind {
  if (within === undefined) return "ever";
  if (typeof within === "string") return isOneOf(CALENDARS, within) ? "calendar" : spanOf(within) ? "last" : "other";
  if (!isFields(within)) return "other";
  switch (Object.keys(within).sort().join()) {
    case "last":
      return spanOf(within.last) ? "last" : "other";
    case "calendar":
      return isOneOf(CALENDARS, within.calendar) ? "calendar" : "other";
    case "from,to":
      return texts(within.from, within.to) ? "between" : "other";
    case "since":
      return texts(within.since) ? "since" : "other";
    case "before":
      return texts(within.before) ? "before" : "other";
    default:
      return "other";
  }
}

/** `30d` as [30, "d"]. */
export function spanOf(text: Json | undefined): [number, string] | null {
  const found = typeof text === "string" ? /^(\d{1,6})\s*([mhdw])$/.exec(text) : null;
  return found ? [Number(found[1]), found[2] ?? "d"] : null;
}

/** A document with one field set, or without it; the others keep their order. */
export function set(node: Fields, name: string, value: Json | undefined): Fields {
  if (value !== undefined) return { ...node, [name]: value };
  return Object.fromEntries(Object.entries(node).filter(([other]) => other !== name));
}

/** Every event and trait that a document names, so that their properties and kinds can be asked for. */
export function namesIn(node: Json): { events: string[]; traits: string[] } {
  const [events, traits] = [new Set<string>(), new Set<string>()];
  const walk = (one: Json) => {
    if (Array.isArray(one)) one.forEach(walk);
    else if (isFields(one)) {
      if (typeof one.event === "string" && one.event) events.add(one.event);
      if (typeof one.trait === "string" && one.trait) traits.add(one.trait);
      Object.values(one).forEach(walk);
    }
  };
  walk(node);
  return { events: [...events].sort().slice(0, 50), traits: [...traits].sort().slice(0, 50) };
}

function texts(...values: (Json | undefined)[]): boolean {
  return values.every((one) => typeof one === "string");
}

function isOneOf(words: readonly string[], one: Json | undefined): boolean {
  return typeof one === "string" && words.includes(one);
}
