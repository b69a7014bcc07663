/**
 * How calls are signed: the session's secret travels in a cookie that scripts cannot read; what changes something also
 * carries the session's CSRF token.
 */
const CHANGES = new Set(["POST", "PUT", "PATCH", "DELETE"]);

let csrf = "";
let onRefused: () => void = () => undefined;

export const credentials = {
  headers: (method: string): [string, string][] => (csrf && CHANGES.has(method) ? [["X-CSRF-Token", csrf]] : []),
  useCsrf(next: string) {
    csrf = next;
  },
  /** Called by the client when the server knows the caller no more. */
  refused: () => onRefused(),
  whenRefused(listener: () => void) {
    onRefused = listener;
  },
};
