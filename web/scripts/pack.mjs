// Packs what was built, once and well, so that the server only picks a file: x.js, x.js.br, x.js.gz. Says the sizes.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";

const built = fileURLToPath(new URL("../../src/ninefold/console/built", import.meta.url));
const sizes = [];
for (const entry of readdirSync(join(built, "assets"))) {
  const file = join(built, "assets", entry);
  const body = readFileSync(file);
  const gz = gzipSync(body, { level: 9 });
  writeFileSync(`${file}.gz`, gz);
  writeFileSync(`${file}.br`, brotliCompressSync(body));
  sizes.push([gz.length, entry]);
}
for (const [size, entry] of sizes.sort((a, b) => b[0] - a[0]).slice(0, 12)) {
  process.stdout.write(`${(size / 1000).toFixed(1).padStart(8)} kB gzip  ${entry}\n`);
}
