// Writes src/shared/api/schema.d.ts from the API's own description: `ninefold openapi`, no server and no store needed.
// The file is made, never committed: it cannot fall behind the API, and a page that does not fit any more fails to build.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const file = fileURLToPath(new URL("../src/shared/api/schema.d.ts", import.meta.url));
const ours = fileURLToPath(new URL("../../.venv/bin/ninefold", import.meta.url));
const command = process.env.NINEFOLD ?? (existsSync(ours) ? ours : "ninefold");
const api = JSON.parse(execFileSync(command, ["openapi"], { maxBuffer: 1 << 27, encoding: "utf8" }));

// What SDKs speak elsewhere is none of the console's business.
for (const path of Object.keys(api.paths)) if (!path.startsWith("/v1/")) delete api.paths[path];

const written = `// Made by \`npm run types\`.\n${astToString(await openapiTS(withoutExamples(api), { alphabetize: true }))}`;
if (!existsSync(file) || readFileSync(file, "utf8") !== written) writeFileSync(file, written);

function withoutExamples(node) {
  if (Array.isArray(node)) return node.map(withoutExamples);
  if (node === null || typeof node !== "object") return node;
  const kept = Object.entries(node).filter(([key, value]) => key !== "examples" && (key !== "example" || value?.type));
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutExamples(value)]));
}
