import type { Schema } from "@/shared/api";

export type Kind = Schema<"FilterIn">["kinds"][number];
export type Verdict = Schema<"ninefold__api__matching__shapes__DecisionIn">["verdict"];

export const KINDS: readonly Kind[] = ["match", "check", "cap_breach", "veto", "storm", "learned_value", "shape"];
/** Pairs that matching scored; only of these many can be decided at once, and only these are undone here. */
export const MATCHES: readonly string[] = ["match", "check"];

/** What the address of the desk carries. */
export const START = { kind: "", person: "", who: "", sort: "score", decided: false, item: "" };
export type State = { [K in keyof typeof START]: (typeof START)[K] extends string ? string : boolean };

/** What accepting and rejecting mean for a kind of question. */
export function verdictsOf(kind: string): { accept: Verdict; reject: Verdict } {
  if (MATCHES.includes(kind)) return { accept: "same", reject: "different" };
  if (kind === "cap_breach" || kind === "veto") return { accept: "same", reject: "confirm" };
  return { accept: "release", reject: "confirm" };
}

export function filterOf(state: State, me: string): Schema<"FilterIn"> {
  const assigned = state.who === "mine" ? me : state.who;
  return {
    kinds: KINDS.filter((kind) => kind === state.kind),
    person: state.person,
    assigned,
    key: "",
    node: "",
    score_from: 0,
    score_to: 1,
    agrees: [],
    differs: [],
  };
}
