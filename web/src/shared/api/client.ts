import createClient, { type Middleware } from "openapi-fetch";

import { credentials } from "./credentials";
import { Problem } from "./problem";
import type { paths } from "./schema";

const PATIENCE_MS = 60_000;

/** Signs every call, and turns every answer that is no success into a thrown `Problem`. */
const manners: Middleware = {
  onRequest({ request }) {
    const signed = new Request(request, {
      signal: AbortSignal.any([request.signal, AbortSignal.timeout(PATIENCE_MS)]),
    });
    for (const [name, value] of credentials.headers(request.method)) signed.headers.set(name, value);
    return signed;
  },
  async onResponse({ response, schemaPath }) {
    if (response.ok) return;
    const body: unknown = await response.json().catch(() => ({}));
    const problem = new Problem(response.status, typeof body === "object" && body !== null ? body : {});
    if (response.status === 401 && !schemaPath.startsWith("/v1/session")) credentials.refused();
    throw problem;
  },
};

/** The API with its types: `api.GET("/v1/audit", { params: { query } })`. Prefer `ask`, which unpacks the answer. */
export const api = createClient<paths>({ baseUrl: location.origin, credentials: "same-origin" });
api.use(manners);

/** The answer's body; a failed call throws a `Problem`. */
export async function ask<T>(call: Promise<{ data?: T }>): Promise<T> {
  const { data } = await call;
  return data as T;
}
