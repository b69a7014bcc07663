// Every condition of the library opens in the builder, drawn and not as JSON, and comes back as it was.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { load as parse } from "js-yaml";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { withModules } from "./load.mjs";

const LIBRARY = "../library";
const documents = ["segments", "tags"].flatMap((folder) =>
  readdirSync(`${LIBRARY}/${folder}`).map((file) => [
    `${folder}/${file}`,
    parse(readFileSync(`${LIBRARY}/${folder}/${file}`, "utf8")),
  ]),
);

/** The conditions anywhere in a document: a segment has one, a tag of layers several. */
function conditionsIn(node) {
  if (Array.isArray(node)) return node.flatMap(conditionsIn);
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([name, value]) => (name === "condition" ? [value] : conditionsIn(value)));
}
const conditions = documents.flatMap(([file, document]) => conditionsIn(document).map((one) => [file, one]));

/** The nodes inside of a condition, itself first. */
function nodesIn(node) {
  const inner = ["all", "any", "intersect", "union", "minus"].flatMap((word) => node?.[word] ?? []);
  return [node, ...[...inner, ...(node?.not ? [node.not] : [])].flatMap(nodesIn)];
}

// The modules ask at import where they are served from.
globalThis.location = { origin: "http://127.0.0.1" };

await withModules(async (load) => {
  const { partOf, set, spanOf, windowOf } = await load("/src/shared/conditions/document.ts");
  const { ConditionBuilder } = await load("/src/shared/conditions/ConditionBuilder.tsx");

  const drawn = (value, onChange = assert.fail) =>
    renderToString(
      createElement(
        QueryClientProvider,
        { client: new QueryClient() },
        createElement(ConditionBuilder, { value, onChange }),
      ),
    );

  test("the library has conditions in segments and in tags", () => {
    assert.ok(conditions.some(([file]) => file.startsWith("segments/")));
    assert.ok(conditions.some(([file]) => file.startsWith("tags/")));
    for (const [file] of documents.filter(([file]) => file.startsWith("segments/")))
      assert.ok(
        conditions.some(([of]) => of === file),
        file,
      );
  });

  test("each opens drawn, with all its names, and opening changes nothing", () => {
    for (const [file, condition] of conditions) {
      const before = JSON.stringify(condition);
      const html = drawn(condition);
      assert.equal(JSON.stringify(condition), before, file);
      assert.ok(!html.includes("<textarea"), `${file} opens as JSON`);
      for (const node of nodesIn(condition)) {
        assert.notEqual(partOf(node), "other", file);
        for (const name of [node.event, node.trait, node.tag, node.of, node.in_segment].filter(Boolean))
          assert.ok(html.includes(name), `${file} does not show ${name}`);
      }
    }
  });

  test("an edit that sets what stands there already gives the same document back, in the same order", () => {
    for (const [file, condition] of conditions)
      for (const node of nodesIn(condition).filter((one) => typeof one === "object"))
        for (const [name, value] of Object.entries(node))
          assert.equal(JSON.stringify(set(node, name, value)), JSON.stringify(node), file);
  });

  test("spans and windows are read as they are written", () => {
    for (const [file, condition] of conditions)
      for (const { within } of nodesIn(condition).filter((one) => one.within !== undefined)) {
        assert.equal(windowOf(within), "last", file);
        const text = within.last ?? within;
        assert.equal(spanOf(text).join(""), text, file);
      }
  });

  test("what the builder cannot draw is shown whole, as JSON", () => {
    const html = drawn({ all: [{ event: "Order Completed", strange: "kept" }] });
    assert.ok(html.includes("<textarea"));
    assert.ok(html.includes("strange") && html.includes("kept"));
  });
});
