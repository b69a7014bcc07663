import type { Step } from "./queries";

export const OPS = ["set", "default", "rename", "cast", "map", "drop"] as const;
export const TYPES = ["number", "text", "boolean"] as const;

/** A step as it is typed. */
export interface Draft {
  op: (typeof OPS)[number];
  path: string;
  given: string;
}

export const BLANK: Draft = { op: "set", path: "", given: "" };

/** The steps as the API takes them; those without a place are left out. */
export function stepsOf(drafts: readonly Draft[]): Step[] {
  return drafts.filter((one) => one.path.trim() !== "").map(stepOf);
}

function stepOf({ op, path: typed, given }: Draft): Step {
  const path = typed.trim();
  if (op === "rename") return { op, path, to: given.trim() };
  if (op === "cast") return { op, path, type: given || TYPES[0] };
  if (op === "drop") return { op, path };
  return op === "map" ? { op, path, values: read(given) } : { op, path, value: read(given) };
}

/** `199.9`, `true` and `{"a": 1}` are what they look like; all else is text. */
function read(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    return given;
  }
}
