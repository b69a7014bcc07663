import type { Identifier, Link, Profile } from "../queries";

/** All that was said about two identifiers, as one line between them. */
export interface Pair {
  id: string;
  a: Identifier;
  b: Identifier;
  /** Oldest first. */
  links: Link[];
  /** Whether the last word joins them. */
  joins: boolean;
}

export interface Placed {
  id: string;
  identifier: Identifier;
  state: string;
  x: number;
  y: number;
}

const ACROSS = 300;
const DOWN = 96;
/** Words of the ledger that join; all others part. */
const JOINING = new Set(["assert", "must"]);

export const keyOf = ([namespace, value]: readonly string[]) => `${namespace ?? ""}:${value ?? ""}`;

const identifier = ([namespace = "", value = ""]: readonly string[]): Identifier => [namespace, value];

/** Links with the same two ends put together. */
export function pairsOf(links: readonly Link[]): Pair[] {
  const pairs = new Map<string, Pair>();
  for (const link of links) {
    const [a, b] = [identifier(link.a), identifier(link.b)].sort((x, y) => keyOf(x).localeCompare(keyOf(y)));
    if (a === undefined || b === undefined) continue;
    const id = `${keyOf(a)} ${keyOf(b)}`;
    const pair = pairs.get(id) ?? { id, a, b, links: [], joins: true };
    pair.links.push(link);
    pair.joins = JOINING.has(link.action);
    pairs.set(id, pair);
  }
  return [...pairs.values()];
}

/** Places for identifiers: the one with most links at the left, every step away from it a column further. */
export function placed(identities: Profile["identities"], pairs: readonly Pair[]): Placed[] {
  const states = new Map(identities.map((one) => [keyOf([one.namespace, one.value]), one.state]));
  const nodes = new Map<string, Identifier>();
  for (const one of identities) nodes.set(keyOf([one.namespace, one.value]), [one.namespace, one.value]);
  for (const { a, b } of pairs) nodes.set(keyOf(a), a).set(keyOf(b), b);
  const beside = neighbours(nodes, pairs);
  const columns = byDistance(nodes, beside);
  const tallest = Math.max(...columns.map((column) => column.length));
  return columns.flatMap((column, x) =>
    column.map((id, y) => ({
      id,
      identifier: nodes.get(id) as Identifier,
      state: states.get(id) ?? "elsewhere",
      x: x * ACROSS,
      y: (y + (tallest - column.length) / 2) * DOWN,
    })),
  );
}

function neighbours(nodes: Map<string, Identifier>, pairs: readonly Pair[]): Map<string, string[]> {
  const beside = new Map([...nodes.keys()].map((id): [string, string[]] => [id, []]));
  for (const { a, b } of pairs) {
    beside.get(keyOf(a))?.push(keyOf(b));
    beside.get(keyOf(b))?.push(keyOf(a));
  }
  return beside;
}

function byDistance(nodes: Map<string, Identifier>, beside: Map<string, string[]>): string[][] {
  const waiting = [...nodes.keys()].sort((x, y) => (beside.get(y)?.length ?? 0) - (beside.get(x)?.length ?? 0));
  const seen = new Set<string>();
  const columns: string[][] = [];
  for (const start of waiting) {
    if (seen.has(start)) continue;
    seen.add(start);
    let ring = [start];
    for (let depth = 0; ring.length > 0; depth++) {
      (columns[depth] ??= []).push(...ring);
      ring = ring.flatMap((id) => beside.get(id) ?? []).filter((id) => !seen.has(id) && seen.add(id));
    }
  }
  return columns;
}
