/**
 * How this tab signs its calls: with the session's cookie and its CSRF token, or, where somebody came with an API
 * token, with that token, kept in this tab only.
 */
const STORED = "ninefold.token";
const CHANGES = new Set(["POST", "PUT", "PATCH", "DELETE"]);

let token: string | null = read();
let csrf = "";
let onRefused: () => void = () => undefined;

export const credentials = {
  headers(method: string): [string, string][] {
    if (token !== null) return [["Authorization", `Bearer ${token}`]];
    return csrf && CHANGES.has(method) ? [["X-CSRF-Token", csrf]] : [];
  },
  token: () => token,
  /** Keeps a token for this tab, or forgets it; one that cannot stand in a header is none of ours. */
  useToken(next: string | null): boolean {
    const fits = next === null || /^[\x21-\x7e]+$/.test(next);
    token = fits ? next : null;
    write(token);
    return fits;
  },
  useCsrf(next: string) {
    csrf = next;
  },
  /** Called by the client when the server knows the caller no more. */
  refused: () => onRefused(),
  whenRefused(listener: () => void) {
    onRefused = listener;
  },
};

/** Takes `#token=…` out of the address bar; null without one. */
export function takeTokenFromAddress(): string | null {
  const found = /^#token=([^&]*)/.exec(location.hash)?.[1];
  if (found === undefined) return null;
  history.replaceState(history.state, "", location.pathname + location.search);
  return decoded(found);
}

/** A token as somebody typed it; a whole address with `#token=` in it will do as well. */
export function typedToken(text: string): string {
  return decoded(text.split("token=").pop() ?? "");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text).trim();
  } catch {
    return text.trim();
  }
}

function read(): string | null {
  try {
    return sessionStorage.getItem(STORED);
  } catch {
    return null;
  }
}

function write(value: string | null) {
  try {
    if (value === null) sessionStorage.removeItem(STORED);
    else sessionStorage.setItem(STORED, value);
  } catch {
    // storage is forbidden: the token lives as long as the page
  }
}
