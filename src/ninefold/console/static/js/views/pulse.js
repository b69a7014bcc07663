// The middle of the loop: events per minute, the health of the stores; before the first event, how to start.

import { attr, el, icon, keyed, put, putRich, show } from "../dom.js";
import { COMMANDS } from "../commands.js";
import { fmt, healthWord, t } from "../texts/index.js";
import { makeBars } from "./charts.js";
import { makeCommand } from "./command.js";
import { isEmpty } from "./frame.js";

const MINUTES = 30;
const MINUTE_MS = 60000;
const PARTS = ["records", "events", "pipeline"];

export function makePulse() {
  const flow = makeFlow();
  const start = makeStart();
  const health = makeHealth();
  const node = el("div", { class: "pulse" }, flow.node, start.node, health.node);

  function render({ status }) {
    attr(node, "data-waiting", status ? null : "");
    const empty = status !== null && isEmpty(status);
    show(flow.node, !empty);
    show(start.node, empty);
    flow.render(status);
    start.render();
    health.render(status);
  }

  return { node, render };
}

/** Thirty whole minutes up to `as_of`; minutes the answer leaves out had no events. */
export function minutesOf({ as_of: asOf, activity }) {
  const known = new Map(activity.map(({ minute, events }) => [Math.floor(Date.parse(minute) / MINUTE_MS), events]));
  const last = Math.floor(Date.parse(asOf) / MINUTE_MS);
  return Array.from({ length: MINUTES }, (_, at) => {
    const minute = last - MINUTES + 1 + at;
    return { at: new Date(minute * MINUTE_MS), events: known.get(minute) ?? 0 };
  });
}

function makeFlow() {
  const title = el("h3", { id: "pulse-title" });
  const rate = el("span", { class: "rate-value" });
  const unit = el("span", { class: "rate-unit" });
  const when = el("span", { class: "rate-side" });
  const sum = el("p", { class: "muted" });
  const chart = makeBars(MINUTES);
  const [from, current, to] = [el("span", {}), el("span", { class: "axis-middle" }), el("span", {})];
  const node = el("section", { class: "flow", "aria-labelledby": "pulse-title" },
    el("div", { class: "flow-head" }, title, sum),
    el("p", { class: "rate" }, rate, " ", unit, " ", when),
    chart.node,
    el("p", { class: "axis" }, from, current, to));

  function render(status) {
    put(title, t("pulse.title"));
    put(unit, t("pulse.rate"));
    put(from, t("pulse.from"));
    put(to, t("pulse.to"));
    if (!status) {
      put(rate, "\u00a0");
      chart.render(Array(MINUTES).fill(0), { label: t("live.loading"), words: () => "", open: 0 });
      return;
    }
    const minutes = minutesOf(status);
    const values = minutes.map((minute) => minute.events);
    const total = values.reduce((sum, one) => sum + one, 0);
    const whole = minutes[MINUTES - 2]; // the last one is still filling
    const peak = minutes.reduce((best, one) => (one.events > best.events ? one : best));
    const { count, clock } = fmt();
    put(rate, count(whole.events));
    put(when, t("pulse.rateAt", { at: clock(whole.at) }));
    put(sum, t("pulse.total", { n: count(total), peak: count(peak.events) }));
    put(current, t("pulse.current", { n: count(minutes[MINUTES - 1].events) }));
    chart.render(values, {
      label: total
        ? t("pulse.chart", { n: count(total), peak: count(peak.events), at: clock(peak.at) })
        : t("pulse.chartEmpty"),
      words: (at) => t("pulse.bar", { at: clock(minutes[at].at), n: count(values[at]) }),
      open: 1,
    });
  }

  return { node, render };
}

function makeStart() {
  const title = el("h3", {});
  const ways = ["import", "demo"].map((name) => ({ name, word: el("p", {}), command: makeCommand(COMMANDS[name]) }));
  const send = el("p", { class: "muted" });
  const node = el("section", { class: "start", hidden: "" },
    title,
    el("div", { class: "ways" }, ...ways.map((way) => el("div", {}, way.word, way.command.node))),
    send);

  function render() {
    put(title, t("start.title"));
    for (const way of ways) {
      put(way.word, t(`start.${way.name}`));
      way.command.render();
    }
    putRich(send, t("start.send"));
  }

  return { node, render };
}

function makeHealth() {
  const title = el("h3", { id: "health-title" });
  const list = el("dl", {});
  const node = el("section", { class: "health", "aria-labelledby": "health-title" }, title, list);
  const update = keyed(list, ({ part }) => part, makePart);

  function render(status) {
    put(title, t("health.title"));
    const health = status?.health ?? Object.fromEntries(PARTS.map((part) => [part, ""]));
    const order = [...PARTS.filter((part) => part in health), ...Object.keys(health).filter((part) => !PARTS.includes(part))];
    update(order.map((part) => ({ part, found: health[part] })));
  }

  return { node, render };
}

function makePart() {
  const [name, word, sign] = [el("dt", {}), el("span", {}), icon("ok")];
  const value = el("dd", {}, sign.node, word);
  return {
    node: el("div", {}, name, value),
    update({ part, found }) {
      put(name, healthWord(part));
      put(word, healthWord(found));
      sign.use(found === "ok" ? "ok" : "attention");
      attr(value, "data-health", found === "ok" ? "ok" : found === "lagging" ? "slow" : "bad");
      show(value, found !== "");
    },
  };
}
