// Talks to the API: keeps this tab's token, asks for the status again and again, and says what came of it.
//
// The state handed to the listener:
//   phase      loading | live | lost | locked
//   status     the newest answer of GET /v1/status, or null
//   receivedAt performance.now() of that answer; ageMs: how old it was already by the server's clock
//   problem    when lost: {kind: network | server | format, message, hint, code}
//   retryAt    when lost: performance.now() of the next attempt
//   refused    when locked: true if a token was given and not accepted

const STORED = "ninefold.token";
const EVERY_MS = 2000;
const PATIENCE_MS = 10000;
const WAITS_MS = [2000, 4000, 8000, 15000];

/** Takes `#token=…` out of the address bar into this tab's storage. */
function takeTokenFromAddress() {
  const found = /^#token=([^&]*)/.exec(location.hash);
  if (!found) return;
  history.replaceState(null, "", location.pathname + location.search);
  keep(decoded(found[1]));
}

function decoded(text) {
  try {
    return decodeURIComponent(text).trim();
  } catch {
    return text.trim();
  }
}

let memory = null; // where storage is forbidden, the token lives as long as the page

function keep(token) {
  memory = token || null;
  try {
    if (memory) sessionStorage.setItem(STORED, memory);
    else sessionStorage.removeItem(STORED);
  } catch {
    // kept in memory
  }
}

function kept() {
  try {
    return sessionStorage.getItem(STORED) ?? memory;
  } catch {
    return memory;
  }
}

/** Starts asking; `listener(state)` is called at every change. Returns what a user can do about it. */
export function watchStatus(listener) {
  const state = { phase: "loading", status: null, receivedAt: 0, ageMs: 0, problem: null, retryAt: 0, refused: false };
  let timer = 0;
  let round = 0; // an answer to an older round is dropped
  let failures = 0;

  const become = (changes) => listener(Object.assign(state, changes));

  function later(ms) {
    clearTimeout(timer);
    timer = document.hidden ? 0 : setTimeout(ask, ms);
  }

  async function ask() {
    clearTimeout(timer);
    const mine = ++round;
    const token = kept();
    if (!token) {
      become({ phase: "locked", status: null });
      return;
    }
    const outcome = await fetchStatus(token);
    if (mine !== round) return;
    if (outcome.locked) {
      keep(null);
      become({ phase: "locked", status: null, refused: true });
    } else if (outcome.problem) {
      const wait = WAITS_MS[Math.min(failures, WAITS_MS.length - 1)];
      failures += 1;
      become({ phase: "lost", problem: outcome.problem, retryAt: performance.now() + wait });
      later(wait);
    } else {
      failures = 0;
      become({ phase: "live", problem: null, receivedAt: performance.now(), ...outcome });
      later(EVERY_MS);
    }
  }

  function askNow() {
    failures = 0;
    ask();
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : askNow()));
  addEventListener("online", askNow);
  addEventListener("hashchange", () => {
    if (!location.hash.startsWith("#token=")) return;
    takeTokenFromAddress();
    askNow();
  });

  takeTokenFromAddress();
  listener(state);
  ask();

  return {
    retry: askNow,
    /** Uses a token that was typed in; a whole address with `#token=` in it will do as well. */
    unlock(text) {
      keep(decoded(text.includes("token=") ? text.split("token=").pop() : text));
      become({ phase: "loading", refused: false });
      askNow();
    },
    /** Forgets the token of this tab. */
    leave() {
      keep(null);
      state.refused = false;
      askNow();
    },
  };
}

/** One question: {status, ageMs} | {locked} | {problem}. */
async function fetchStatus(token) {
  if (!/^[\x21-\x7e]+$/.test(token)) return { locked: true }; // cannot stand in a header, so it is none of ours
  let response;
  let body;
  try {
    response = await fetch("/v1/status", {
      headers: { Authorization: `Bearer ${token}`, Accept: "application/json" },
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    body = await response.text();
  } catch {
    return { problem: { kind: "network", message: "", hint: "", code: 0 } };
  }
  if (response.status === 401 || response.status === 403) return { locked: true };
  const answer = parsed(body);
  if (!response.ok) {
    const message = typeof answer?.message === "string" ? answer.message : "";
    const hint = typeof answer?.hint === "string" ? answer.hint : "";
    return { problem: { kind: "server", message, hint, code: response.status } };
  }
  if (!Array.isArray(answer?.steps) || answer.steps.length !== 9 || !Array.isArray(answer.activity)) {
    return { problem: { kind: "format", message: "", hint: "", code: response.status } };
  }
  const ageMs = Date.parse(response.headers.get("Date") ?? "") - Date.parse(answer.as_of);
  return { status: answer, ageMs: ageMs > 0 ? ageMs : 0 };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
