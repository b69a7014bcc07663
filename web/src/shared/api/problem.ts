/** Why a call failed, in the API's own words (see Problem in the OpenAPI description). */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string;
  readonly field: string;
  readonly got: string;
  readonly allowed: string;

  /** `status` 0: the server was not reached. */
  constructor(
    status: number,
    body: Partial<Record<"code" | "message" | "hint" | "field" | "got" | "allowed", unknown>>,
  ) {
    super(word(body.message));
    this.status = status;
    this.code = word(body.code);
    this.hint = word(body.hint);
    this.field = word(body.field);
    this.got = word(body.got);
    this.allowed = word(body.allowed);
  }
}

export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(0, { code: "unreachable", message: error instanceof Error ? error.message : String(error) });
}

function word(value: unknown): string {
  if (value === undefined || value === null) return "";
  return Array.isArray(value) ? value.join(", ") : String(value);
}
