/** Takes `#token=…` (a sign-in link) or `#link=…` (an invitation) out of the address bar; null without one. */
export function takeFromAddress(name: "token" | "link"): string | null {
  const found = new RegExp(`^#${name}=([^&]*)`).exec(location.hash)?.[1];
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
