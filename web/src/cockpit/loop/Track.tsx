import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";

import { type Lines, linesThrough } from "./geometry";

const ARROW = "M-5-5 1 0-5 5";
const SPARKS = [0, 1, 2, 3, 4];
const ROUND_MS = 14_000;

/** The line behind the cards of a loop; while events flow, sparks run along it for those who like motion. */
export function Track({ flowing }: { flowing: boolean }) {
  const node = useRef<HTMLDivElement>(null);
  const [lines, setLines] = useState<Lines | null>(null);
  const moves = flowing && !matchMedia("(prefers-reduced-motion: reduce)").matches;

  useLayoutEffect(() => {
    const whole = node.current?.parentElement;
    if (!whole) return;
    const cards = [...whole.querySelectorAll(".step, .back")].sort((a, b) => order(a) - order(b));
    const observer = new ResizeObserver(() => {
      if (node.current) setLines(linesThrough(cards, node.current.getBoundingClientRect()));
    });
    for (const one of [whole, ...cards]) observer.observe(one);
    return () => observer.disconnect();
  }, []);

  useSparks(node, lines, moves);
  return (
    <div
      className="track"
      aria-hidden
      ref={node}
      data-column={lines?.column ? "" : undefined}
      data-flowing={moves ? "" : undefined}
    >
      {lines && <Shape lines={lines} />}
      {SPARKS.map((spark) => (
        <span key={spark} className="spark" />
      ))}
    </div>
  );
}

function order(card: Element): number {
  return card.id ? Number(card.id.split("-")[1]) : 10;
}

function Shape({ lines: { width, height, legs, turn, back } }: { lines: Lines }) {
  return (
    <svg className="track-shape" viewBox={`0 0 ${width} ${height}`}>
      <defs>
        {[
          { id: "track-turn", from: turn },
          { id: "track-back", from: back },
        ].map(({ id, from: [y1, y2] }) => (
          <linearGradient key={id} id={id} gradientUnits="userSpaceOnUse" x1={0} x2={0} y1={y1} y2={y2}>
            <stop offset={0} />
            <stop offset={1} className="later" />
          </linearGradient>
        ))}
      </defs>
      <g className="track-lines">
        {legs.map((leg, at) => (
          <path key={at} d={leg.d} data-leg={leg.name} />
        ))}
      </g>
      <g className="track-arrows">
        {legs.flatMap((leg, at) =>
          leg.arrows.map(([x, y, angle], each) => (
            <path
              key={`${at}-${each}`}
              d={ARROW}
              data-leg={leg.name}
              transform={`translate(${x} ${y}) rotate(${angle})`}
            />
          )),
        )}
      </g>
    </svg>
  );
}

function useSparks(node: RefObject<HTMLDivElement | null>, lines: Lines | null, moves: boolean) {
  useEffect(() => {
    if (!moves || lines === null || node.current === null) return;
    const path = lines.legs.map((leg, at) => (at ? leg.d.replace("M", "L") : leg.d)).join(" ");
    const runs = [...node.current.querySelectorAll<HTMLElement>(".spark")].map((spark, at) => {
      spark.style.offsetPath = `path("${path}")`;
      return spark.animate([{ offsetDistance: "0%" }, { offsetDistance: "100%" }], {
        duration: ROUND_MS,
        iterations: Infinity,
        delay: (-ROUND_MS * at) / SPARKS.length,
      });
    });
    return () => runs.forEach((run) => run.cancel());
  }, [node, lines, moves]);
}
