// The calls around being signed in. That somebody was, is remembered beside the cookie, which scripts cannot see: who
// never was is not asked for a session that cannot be there.
import { type Answer, Problem, api, ask } from "../api";
import { credentials } from "../api/credentials";

/** Who is signed in; `verbs` say what may be done, the API enforces it. */
export type Who = Answer<"/v1/session">;

const WAS_IN = "ninefold.session";

/** Who this browser is already signed in as; null for nobody. */
export async function current(): Promise<Who | null> {
  return wasIn() ? known(ask(api.GET("/v1/session"))) : null;
}

/** Signs in with a password, and a code where one is asked for; a refusal is thrown. */
export async function open(user: string, password: string, code: string): Promise<Who> {
  return entered(await ask(api.POST("/v1/session", { body: { user, password, code } })));
}

/** Signs in with an API token; null if the server does not know it. */
export function openWithToken(token: string): Promise<Who | null> {
  return known(ask(api.POST("/v1/session/token", { body: { token } })));
}

/** Chooses a password with a one-time link; answers whose it was. */
export async function takeLink(token: string, password: string): Promise<string> {
  return (await ask(api.POST("/v1/session/link", { body: { token, password } }))).user;
}

export async function changePassword(old: string, password: string): Promise<void> {
  await ask(api.POST("/v1/session/password", { body: { old, password } }));
}

export async function close(): Promise<void> {
  await ask(api.DELETE("/v1/session"));
}

/** Forgets the session in this tab. */
export function forget() {
  credentials.useCsrf("");
  remember(false);
}

async function known(answer: Promise<Who>): Promise<Who | null> {
  try {
    return entered(await answer);
  } catch (error) {
    if (error instanceof Problem && [401, 403].includes(error.status)) return null;
    throw error;
  }
}

function entered(who: Who): Who {
  credentials.useCsrf(who.csrf);
  remember(true);
  return who;
}

function wasIn(): boolean {
  try {
    return localStorage.getItem(WAS_IN) !== null;
  } catch {
    return true;
  }
}

function remember(is: boolean) {
  try {
    if (is) localStorage.setItem(WAS_IN, "1");
    else localStorage.removeItem(WAS_IN);
  } catch {
    // storage is forbidden: then the server is asked
  }
}
