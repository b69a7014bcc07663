// Small charts: bars over time, a share against the largest, an interval around a value.

import { attr, el, put, svg } from "../dom.js";

const STEP = 10;
const HEIGHT = 60;
const LEAST = 2; // a minute with any event at all is never invisible

/** Bars; `render(values, {label, titles, open})`: the last `open` bars are not complete yet. */
export function makeBars(slots) {
  const titles = Array.from({ length: slots }, () => svg("title", {}));
  const bars = titles.map((title, at) => svg("rect", { class: "bar", x: at * STEP + 1.5, width: STEP - 3 }, title));
  const covers = titles.map((_, at) => svg("rect", { class: "cover", x: at * STEP, width: STEP, y: 0, height: HEIGHT }));
  const groups = bars.map((bar, at) => svg("g", {}, covers[at], bar));
  const node = svg("svg", {
    class: "bars", role: "img", viewBox: `0 0 ${slots * STEP} ${HEIGHT}`, preserveAspectRatio: "none",
  }, ...groups);

  function render(values, { label, words, open }) {
    attr(node, "aria-label", label);
    const peak = Math.max(1, ...values);
    values.forEach((value, at) => {
      const height = value > 0 ? Math.max(LEAST, (value / peak) * HEIGHT) : 1;
      attr(bars[at], "height", height.toFixed(2));
      attr(bars[at], "y", (HEIGHT - height).toFixed(2));
      attr(bars[at], "data-zero", value > 0 ? null : "");
      attr(bars[at], "data-open", at >= slots - open ? "" : null);
      put(titles[at], words(at));
    });
  }

  return { node, render };
}

/** A horizontal bar; `render(share)` with a share of its full length, 0 to 1. */
export function makeMeter(className) {
  const bar = el("span", { class: "meter-bar" });
  const node = el("span", { class: `meter ${className}`, "aria-hidden": "true" }, bar);
  return {
    node,
    render(share) {
      bar.style.minWidth = share > 0 ? "2px" : "0";
      bar.style.width = `${(Math.max(0, Math.min(1, share)) * 100).toFixed(2)}%`;
    },
  };
}

const MOST_ROOM = 0.4; // of the width, at each side, for the words of the ends
const GAP_PX = 6;

/** A value with its interval on an axis with zero; `render({value, low, high}, {write, label})`. */
export function makeInterval() {
  const zero = el("span", { class: "interval-zero" });
  const range = el("span", { class: "interval-range" });
  const dot = el("span", { class: "interval-dot" });
  const low = el("span", { class: "interval-low" });
  const high = el("span", { class: "interval-high" });
  const naught = el("span", { class: "interval-naught" }, "0");
  const node = el("div", { class: "interval", role: "img" }, zero, range, dot, low, high, naught);
  let shown = null;

  function render(found, { write, label }) {
    const words = [write(found.low), write(found.high)];
    const same = shown !== null && words.join() === [low.textContent, high.textContent].join();
    shown = found;
    attr(node, "aria-label", label);
    attr(node, "data-sign", found.low > 0 ? "plus" : found.high < 0 ? "minus" : null);
    put(low, words[0]);
    put(high, words[1]);
    if (!same) place();
  }

  /** Puts everything where it belongs; the words of the ends get the room they need beside the range. */
  function place() {
    const width = node.clientWidth;
    if (shown === null || width === 0) return;
    const room = Math.min(MOST_ROOM, (Math.max(low.offsetWidth, high.offsetWidth) + GAP_PX) / width);
    const least = Math.min(0, shown.low);
    const most = Math.max(0, shown.high);
    const at = (value) => room + ((value - least) / (most - least || 1)) * (1 - 2 * room);
    const percent = (share) => `${(share * 100).toFixed(2)}%`;
    zero.style.left = naught.style.left = percent(at(0));
    range.style.left = percent(at(shown.low));
    range.style.width = percent(at(shown.high) - at(shown.low));
    dot.style.left = percent(at(shown.value));
    low.style.right = percent(1 - at(shown.low));
    high.style.left = percent(at(shown.high));
  }

  new ResizeObserver(place).observe(node);
  return { node, render };
}
