// Numbers as people read them, words in both languages, and what changed between two texts.
import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { test } from "node:test";
import { withModules } from "./load.mjs";

const CASES = [
  [(f) => f.count(0), "0", "0"],
  [(f) => f.count(9999999), "9,999,999", "9,999,999"],
  [(f) => f.count(12345678), "12.35M", "1235万"],
  [(f) => f.count(-1234), "−1,234", "−1,234"],
  [(f) => f.count(10.64), "10.64", "10.64"],
  [(f) => f.count(null), "–", "–"],
  [(f) => f.count(NaN), "–", "–"],
  [(f) => f.money(459603958, "CNY"), "CN¥4,596,039.58", "¥4,596,039.58"],
  [(f) => f.money(500, "JPY"), "¥500", "JP¥500"],
  [(f) => f.money(-150, "CNY", { signed: true }), "−CN¥1.50", "−¥1.50"],
  [(f) => f.money(14235910, "CNY", { signed: true, brief: true }), "+¥142K", "+¥14.2万"],
  [(f) => f.money(1234567890, "CNY"), "CN¥12.35M", "¥1235万"],
  [(f) => f.whole(1234567890, "CNY"), "CN¥12,345,678.90", "¥12,345,678.90"],
  [(f) => f.share(0.124), "12.4%", "12.4%"],
  [(f) => f.share(0), "0%", "0%"],
  [(f) => f.share(1), "100%", "100%"],
  [(f) => f.share(0.0042), "0.42%", "0.42%"],
  [(f) => f.share(0.48, true), "+48%", "+48%"],
  [(f) => f.points(0.0402, true), "+4.0", "+4.0"],
  [(f) => f.points(-0.0001, true), "−0.01", "−0.01"],
  [(f) => f.span(0), "0 s", "0 秒"],
  [(f) => f.span(0.0123), "12 ms", "12 毫秒"],
  [(f) => f.span(3.24), "3.2 s", "3.2 秒"],
  [(f) => f.span(59.7), "1 min", "1 分"],
  [(f) => f.span(214), "3 min 34 s", "3 分 34 秒"],
  [(f) => f.span(7260), "2 h 1 min", "2 小时 1 分"],
  [(f) => f.span(400000), "4 d 15 h", "4 天 15 小时"],
  [(f) => f.span(-1), "–", "–"],
  [(f) => f.date(null), "–", "–"],
];

const files = (folder) =>
  readdirSync(folder).flatMap((name) =>
    statSync(`${folder}/${name}`).isDirectory() ? files(`${folder}/${name}`) : [`${folder}/${name}`],
  );
const names = (words) => [...new Set(words.match(/\{\w+\}/g) ?? [])].sort();

await withModules(async (load) => {
  const { formatFor } = await load("/src/shared/format/numbers.ts");
  const { sayIn } = await load("/src/shared/i18n/texts.ts");
  const { linesOf } = await load("/src/shared/ui/diffLines.ts");
  const said = await Promise.all(
    files("src")
      .filter((file) => /(texts|common)\.ts$/.test(file) && !file.endsWith("i18n/texts.ts"))
      .map(async (file) => [file, await load(`/${file}`)]),
  );

  test("as people read them", () => {
    for (const [write, english, chinese] of CASES) {
      assert.equal(write(formatFor("en")), english, String(write));
      assert.equal(write(formatFor("zh")), chinese, String(write));
    }
  });

  test("both languages say everything, with the same things filled in", () => {
    assert.ok(said.length >= 6);
    for (const [file, module] of said) {
      for (const [key, pair] of Object.entries({ ...module.texts, ...module.common })) {
        assert.equal(pair.length, 2, `${file} ${key}`);
        assert.ok(
          pair.every((words) => words.trim()),
          `${file} ${key}`,
        );
        assert.deepEqual(names(pair[0]), names(pair[1]), `${file} ${key}`);
      }
    }
  });

  test("one thing is not many", () => {
    const texts = { people: ["{n} person|{n} people", "{n} 人"] };
    assert.equal(sayIn("en", texts)("people", { n: 1 }), "1 person");
    assert.equal(sayIn("en", texts)("people", { n: "2,000" }), "2,000 people");
    assert.equal(sayIn("zh", texts)("people", { n: 1 }), "1 人");
  });

  test("what changed is told line by line, and nothing is lost", () => {
    const [before, after] = ["a\nb\nc", "a\nx\nc\nd"];
    const lines = linesOf(before, after);
    assert.deepEqual(
      lines.map((line) => line.kind[0] + line.text),
      ["sa", "rb", "ax", "sc", "ad"],
    );
    assert.equal(
      lines
        .filter((line) => line.kind !== "added")
        .map((line) => line.text)
        .join("\n"),
      before,
    );
    assert.equal(
      lines
        .filter((line) => line.kind !== "removed")
        .map((line) => line.text)
        .join("\n"),
      after,
    );
  });
});
