export { api, ask } from "./client";
export { Problem, problemOf } from "./problem";
export type { components } from "./schema";

import type { components, paths } from "./schema";

/** A body of the API by its name: `Schema<"PeoplePage">`. */
export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];

/**
 * What a call answers: `Answer<"/v1/status">`, `Answer<"/v1/people/query", "post">`. It survives a renamed model, and
 * models whose name several domains have.
 */
export type Answer<
  Path extends keyof paths,
  Method extends keyof paths[Path] = "get" & keyof paths[Path],
> = paths[Path][Method] extends { responses: { 200: { content: { "application/json": infer Body } } } } ? Body : never;
