// The nine steps as one closed loop with the stream of events in its middle.

import { attr, el, icon, keyed, put, putRich, show } from "../dom.js";
import { fmt, said, t } from "../texts/index.js";
import { makePulse } from "./pulse.js";
import { makeTrack } from "./track.js";

const NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const LAST_USER_STEP = 4;

export function makeLoop() {
  const title = el("h2", { id: "loop-title", class: "unseen" });
  const cards = NUMBERS.map(makeStep);
  const list = el("ol", { class: "steps", role: "list", "aria-labelledby": "loop-title" }, ...cards.map((card) => card.node));
  const pulse = makePulse();
  const backWord = el("strong", {});
  const backHint = el("span", {});
  const back = el("p", { class: "back" }, el("span", { class: "back-sign" }, backWord, backHint));
  const groups = ["users", "marketing"].map((name) => makeGroup(name));
  const track = makeTrack(cards.map((card) => card.node), back);
  const node = el("section", { class: "loop", id: "loop", "aria-labelledby": "loop-title", tabindex: "-1" },
    title, track.node, groups[0].node, list, pulse.node, back, groups[1].node);
  track.watch(node);

  function render(state) {
    const { status } = state;
    put(title, t("loop.title"));
    put(backWord, t("loop.back"));
    put(backHint, t("loop.backHint"));
    groups.forEach((group) => group.render());
    cards.forEach((card, at) => card.render(status?.steps.find((step) => step.number === at + 1) ?? null));
    pulse.render(state);
    track.flow(state.phase === "live" && isFlowing(status));
  }

  return { node, render };
}

/** True if events came in during the last two minutes and are being handled. */
function isFlowing({ activity, health }) {
  return health.pipeline !== "stopped" && activity.slice(-2).some((minute) => minute.events > 0);
}

function makeGroup(name) {
  const word = el("strong", {});
  const range = el("span", {});
  const node = el("p", { class: "group", "data-group": name }, word, " ", range);
  const [from, to] = name === "users" ? [1, LAST_USER_STEP] : [LAST_USER_STEP + 1, NUMBERS.length];
  return {
    node,
    render() {
      put(word, t(`group.${name}`));
      put(range, t("group.steps", { from, to }));
    },
  };
}

function makeStep(number) {
  const name = el("span", {});
  const hint = el("p", { class: "step-hint" });
  const sign = icon("idle");
  const word = el("span", {});
  const mood = el("p", { class: "mood" }, sign.node, word);
  const figures = el("dl", { class: "figures" });
  const note = el("p", { class: "note" });
  const head = el("div", { class: "step-head" },
    el("h3", {}, el("span", { class: "badge" }, String(number)), " ", name), mood);
  const node = el("li", {
    class: "step",
    id: `step-${number}`,
    tabindex: "-1",
    "data-group": number <= LAST_USER_STEP ? "users" : "marketing",
  }, head, hint, figures, note);
  const update = keyed(figures, (figure) => figure.key, makeFigure);

  function render(step) {
    put(name, t(`step.${number}`));
    put(hint, t(`step.${number}.hint`));
    attr(node, "data-waiting", step ? null : "");
    attr(node, "data-state", step?.state ?? null);
    show(mood, step !== null);
    if (step) {
      sign.use(step.state in { ok: 1, idle: 1 } ? step.state : "attention");
      put(word, t(`state.${step.state}`));
    }
    update(step?.figures ?? []);
    const words = said(step?.note) || (step?.state === "idle" ? t(`idle.${number}`) : "");
    putRich(note, words);
    show(note, words !== "");
  }

  return { node, render };
}

function makeFigure() {
  const value = el("dd", {});
  const label = el("dt", {});
  return {
    node: el("div", { class: "figure" }, label, value),
    update(figure) {
      const words = typeof figure.value === "object" ? said(figure.value) : figure.value; // a text may come in both
      const { text, full } = fmt().figure({ ...figure, value: words });
      put(label, said(figure.label));
      put(value, text);
      attr(value, "title", full || null);
      attr(value, "data-kind", figure.kind);
    },
  };
}
