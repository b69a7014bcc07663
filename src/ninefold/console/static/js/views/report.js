// What the newest campaign really brought: verdict, conversion of both groups, lift and money with their intervals.

import { attr, el, icon, put, show } from "../dom.js";
import { COMMANDS } from "../commands.js";
import { fmt, said, t, tn } from "../texts/index.js";
import { makeInterval, makeMeter } from "./charts.js";
import { makeCommand } from "./command.js";

export function makeReport() {
  const title = el("h2", { id: "report-title" });
  const name = el("p", { class: "report-name" });
  const sign = icon("ok");
  const verdict = el("strong", {});
  const why = el("span", {});
  const verdictBox = el("p", { class: "verdict" }, sign.node, verdict, " ", why);
  const parts = [makeConversion(), makeLift(), makeMoney()];
  const columns = el("div", { class: "report-parts" }, ...parts.map((part) => part.node));
  const content = el("div", { class: "report-body" }, name, verdictBox, columns);
  const empty = makeEmpty();
  const node = el("section", { class: "panel report", "aria-labelledby": "report-title" }, title, content, empty.node);

  function render({ status }) {
    const report = status?.report ?? null;
    put(title, t("report.title"));
    attr(node, "data-waiting", status ? null : "");
    show(content, report !== null);
    show(empty.node, status !== null && report === null);
    empty.render();
    if (!report) return;
    put(name, said(report.name) || report.campaign);
    attr(name, "title", report.campaign);
    const found = verdictOf(report);
    attr(content, "data-verdict", found.kind);
    sign.use(found.kind === "gain" ? "ok" : found.kind === "tooEarly" || found.kind === "unproven" ? "idle" : "attention");
    put(verdict, t(`report.${found.kind}`));
    put(why, t(`report.${found.kind}Why`, found.values));
    parts.forEach((part) => part.render(report));
  }

  return { node, render };
}

/** What may be said about a report: distrust | tooEarly | gain | loss | unproven. */
export function verdictOf({ sample_ratio_ok: fair, lift_absolute: lift }) {
  if (fair === false) return { kind: "distrust", values: {} };
  if (!isInterval(lift)) return { kind: "tooEarly", values: {} };
  const { points } = fmt();
  const values = { value: points(lift.value), low: points(lift.low, true), high: points(lift.high, true) };
  if (lift.low > 0) return { kind: "gain", values: { ...values, low: points(lift.low), high: points(lift.high) } };
  if (lift.high < 0) return { kind: "loss", values };
  return { kind: "unproven", values };
}

function isInterval(found) {
  return Boolean(found) && [found.value, found.low, found.high].every((one) => Number.isFinite(one));
}

function makePart(className) {
  const title = el("h3", {});
  const box = el("div", { class: `part ${className}` }, title);
  return { title, box };
}

function makeConversion() {
  const { title, box } = makePart("conversion");
  const rows = ["treated", "control"].map((arm) => {
    const [name, people, value, meter] = [el("span", {}), el("span", { class: "muted" }), el("strong", {}), makeMeter(arm)];
    const words = el("p", { class: "arm" }, name, " ", people, value);
    box.append(words, meter.node);
    return { arm, name, people, value, meter };
  });

  function render(report) {
    put(title, t("report.conversion"));
    const most = Math.max(report.conversion_treated ?? 0, report.conversion_control ?? 0) || 1;
    for (const row of rows) {
      const share = report[`conversion_${row.arm}`];
      put(row.name, t(`report.${row.arm}`));
      put(row.people, tn("report.people", report[row.arm]));
      put(row.value, fmt().share(share));
      row.meter.render((share ?? 0) / most);
    }
  }

  return { node: box, render };
}

function makeLift() {
  const { title, box } = makePart("lift");
  const value = el("p", { class: "part-value" });
  const chart = makeInterval();
  const [side, chance] = [el("p", { class: "muted part-side" }), el("p", { class: "muted part-side" })];
  box.append(value, chart.node, side, chance);

  function render({ lift_absolute: lift, lift_relative: relative, p_value: p }) {
    const { points, share } = fmt();
    put(title, t("report.lift"));
    put(value, lift && Number.isFinite(lift.value) ? t("report.points", { n: points(lift.value, true) }) : fmt().count(null));
    const sure = isInterval(lift);
    show(chart.node, sure);
    if (sure) {
      const label = t("report.range", { low: points(lift.low, true), high: points(lift.high, true) });
      chart.render(lift, { write: (one) => points(one, true), label });
    }
    put(side, sure ? relativeWords(relative, share) : t("report.noRange"));
    put(chance, Number.isFinite(p) ? pWords(p) : "");
  }

  return { node: box, render };
}

function relativeWords(relative, share) {
  if (!relative || !Number.isFinite(relative.value)) return "";
  const values = { value: share(relative.value, true), low: share(relative.low, true), high: share(relative.high, true) };
  return t(isInterval(relative) ? "report.relativeRange" : "report.relative", values);
}

function pWords(p) {
  return p < 0.001 ? t("report.pSmall") : t("report.p", { p: p.toFixed(3) });
}

function makeMoney() {
  const { title, box } = makePart("money");
  const value = el("p", { class: "part-value" });
  const chart = makeInterval();
  const [cost, net] = [makeLine(), makeLine()];
  box.append(value, chart.node, el("dl", { class: "lines" }, cost.node, net.node));

  function render({ incremental_revenue: found, cost_minor: spent }) {
    const { money } = fmt();
    const currency = found?.currency;
    const range = { value: found?.value_minor, low: found?.low_minor, high: found?.high_minor };
    const known = Number.isFinite(range.value);
    put(title, t("report.money"));
    put(value, known ? money(range.value, currency, { signed: true }) : fmt().count(null));
    const sure = isInterval(range);
    show(chart.node, sure);
    if (sure) {
      const [low, high] = [money(range.low, currency, { signed: true }), money(range.high, currency, { signed: true })];
      const write = (one) => money(one, currency, { signed: true, brief: true });
      chart.render(range, { write, label: t("report.range", { low, high }) });
    }
    cost.render(t("report.cost"), Number.isFinite(spent) ? money(spent, currency) : null);
    net.render(t("report.net"), known && Number.isFinite(spent) ? money(range.value - spent, currency, { signed: true }) : null);
  }

  return { node: box, render };
}

function makeLine() {
  const [name, value] = [el("dt", {}), el("dd", {})];
  const node = el("div", {}, name, value);
  return {
    node,
    render(words, amount) {
      show(node, amount !== null);
      put(name, words);
      put(value, amount ?? "");
    },
  };
}

function makeEmpty() {
  const title = el("p", { class: "empty-title" });
  const hint = el("p", { class: "muted" });
  const command = makeCommand(COMMANDS.apply);
  const node = el("div", { class: "empty" }, title, hint, command.node);
  return {
    node,
    render() {
      put(title, t("report.empty"));
      put(hint, t("report.emptyHint"));
      command.render();
    },
  };
}
