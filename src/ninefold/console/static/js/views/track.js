// The line that closes the nine steps into one loop, drawn behind the cards wherever the layout puts them.

import { svg, el, attr } from "../dom.js";

const ARROW = "M-5-5 1 0-5 5";
const SPARKS = 5;
const ROUND_MS = 14000;
const BRACKET = 15; // how far the way back runs beside a single column
const BEND = 12;

/** A track through the step cards, in order, then by way of `back` to the first again. */
export function makeTrack(steps, back) {
  const lines = svg("g", { class: "track-lines" });
  const arrows = svg("g", { class: "track-arrows" });
  const blends = { turn: makeBlend("track-turn"), back: makeBlend("track-back") };
  const shape = svg("svg", { class: "track-shape" }, svg("defs", {}, blends.turn.node, blends.back.node), lines, arrows);
  const sparks = Array.from({ length: SPARKS }, () => el("span", { class: "spark" }));
  const node = el("div", { class: "track", "aria-hidden": "true" }, shape, ...sparks);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let runs = [];
  let flowing = false;

  function layout() {
    const frame = node.getBoundingClientRect();
    if (!frame.width) return;
    const boxes = [...steps, back].map((one) => box(one.getBoundingClientRect(), frame));
    attr(shape, "viewBox", `0 0 ${frame.width} ${frame.height}`);
    const column = boxes[0].x === boxes[1].x;
    attr(node, "data-column", column ? "" : null);
    blends.turn.place(boxes[3].bottom, boxes[4].y);
    blends.back.place(boxes[0].cy, boxes[column ? 9 : 8].y);
    const legs = column ? columnLegs(boxes) : ringLegs(boxes);
    lines.replaceChildren(...legs.map((leg) => svg("path", { d: leg.d, "data-leg": leg.name })));
    arrows.replaceChildren(...legs.flatMap((leg) => leg.arrows.map(([x, y, angle]) =>
      svg("path", { d: ARROW, "data-leg": leg.name, transform: `translate(${x} ${y}) rotate(${angle})` }))));
    const whole = legs.map((leg, at) => (at ? leg.d.replace("M", "L") : leg.d)).join(" ");
    for (const spark of sparks) spark.style.offsetPath = `path("${whole}")`;
  }

  function flow(wanted) {
    const next = wanted && !calm.matches;
    if (next === flowing) return;
    flowing = next;
    attr(node, "data-flowing", flowing ? "" : null);
    for (const run of runs) run.cancel();
    runs = !flowing ? [] : sparks.map((spark, at) =>
      spark.animate([{ offsetDistance: "0%" }, { offsetDistance: "100%" }], {
        duration: ROUND_MS, iterations: Infinity, delay: (-ROUND_MS * at) / SPARKS,
      }));
  }

  return {
    node,
    flow,
    /** Follows every change of size of the cards and of the whole. */
    watch(whole) {
      const observer = new ResizeObserver(layout);
      for (const one of [whole, ...steps, back]) observer.observe(one);
    },
  };
}

/** A gradient from the colour of the users' steps to the colour of marketing's, down between two heights. */
function makeBlend(id) {
  const node = svg("linearGradient", { id, gradientUnits: "userSpaceOnUse", x1: 0, x2: 0 },
    svg("stop", { offset: 0 }), svg("stop", { offset: 1, class: "later" }));
  return {
    node,
    place(from, to) {
      attr(node, "y1", from);
      attr(node, "y2", to);
    },
  };
}

function box(rect, frame) {
  const x = Math.round(rect.left - frame.left);
  const y = Math.round(rect.top - frame.top);
  return { x, y, right: x + rect.width, bottom: y + rect.height, cx: x + rect.width / 2, cy: y + rect.height / 2 };
}

const legName = (at) => (at < 3 ? "users" : at === 3 ? "turn" : at < 8 ? "marketing" : "back");

/** Cards around a rectangle: straight legs from middle to middle, an arrow in every gap. */
function ringLegs(boxes) {
  return boxes.slice(0, 9).map((from, at) => {
    const to = boxes[(at + 1) % 9];
    const down = Math.abs(to.cy - from.cy) > Math.abs(to.cx - from.cx);
    const d = `M${from.cx} ${from.cy}${down ? `V${to.cy}` : `H${to.cx}`}`;
    if (at === 8) {
      const sign = boxes[9];
      const gaps = [(from.y + sign.bottom) / 2, (sign.y + to.bottom) / 2];
      return { d, name: "back", arrows: gaps.map((y) => [from.cx, y, -90]) };
    }
    const middle = down
      ? [from.cx, to.cy > from.cy ? (from.bottom + to.y) / 2 : (from.y + to.bottom) / 2, to.cy > from.cy ? 90 : -90]
      : [to.cx > from.cx ? (from.right + to.x) / 2 : (from.x + to.right) / 2, from.cy, to.cx > from.cx ? 0 : 180];
    return { d, name: legName(at), arrows: [middle] };
  });
}

/** Cards in one column: short legs between them, and a bracket at the left that leads from the end to the start. */
function columnLegs(boxes) {
  const legs = boxes.slice(0, 9).map((from, at) => {
    const to = boxes[at + 1];
    const middle = [from.cx, (from.bottom + to.y) / 2, 90];
    return { d: `M${from.cx} ${from.cy}V${to.cy}`, name: legName(Math.min(at, 7)), arrows: [middle] };
  });
  const [first, last] = [boxes[0], boxes[9]];
  const left = first.x - BRACKET;
  const d = `M${last.cx} ${last.cy}H${left + BEND}Q${left} ${last.cy} ${left} ${last.cy - BEND}` +
    `V${first.cy + BEND}Q${left} ${first.cy} ${left + BEND} ${first.cy}H${first.cx}`;
  const ups = boxes.slice(1, 9).filter((_, at) => at % 2).map((one) => [left, one.cy, -90]);
  return [...legs, { d, name: "back", arrows: ups }];
}
