// The calls around being signed in. An API token is kept in this tab and asked once whether it is known.
import { api, ask } from "../api";
import { credentials } from "../api/credentials";
import { Problem } from "../api";

export interface Who {
  user: string;
  name: string;
}

const BY_TOKEN: Who = { user: "", name: "" };

/** Who this browser is already signed in as; null for nobody. */
export async function current(): Promise<Who | null> {
  return credentials.token() === null ? null : known();
}

/** Signs in with an API token; null if the server does not know it. */
export async function openWithToken(token: string): Promise<Who | null> {
  return credentials.useToken(token) ? known() : null;
}

export async function close(): Promise<void> {
  credentials.useToken(null);
}

async function known(): Promise<Who | null> {
  try {
    await ask(api.GET("/v1/identity"));
  } catch (error) {
    // Whoever may not read this is known nevertheless, and a server in trouble forgets nobody.
    if (error instanceof Problem && error.status === 401) return null;
  }
  return BY_TOKEN;
}
