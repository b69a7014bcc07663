import { useLayoutEffect, useRef, useState } from "react";

import "./charts.css";

const MOST_ROOM = 0.4; // of the width, at each side, for the words of the ends
const GAP_PX = 6;

export interface Bounds {
  value: number;
  low: number;
  high: number;
}

/** The bounds if all three are known: only then may an interval be drawn or spoken of. */
export function boundsOf(found: Record<keyof Bounds, number | null | undefined> | null | undefined): Bounds | null {
  const known = found && [found.value, found.low, found.high].every((one) => Number.isFinite(one));
  return known ? (found as Bounds) : null;
}

/** A value with its interval on an axis with zero. The words of the ends get the room they need beside the range. */
export function Interval({
  bounds,
  write,
  label,
}: {
  bounds: Bounds;
  write: (value: number) => string;
  label: string;
}) {
  const node = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState(MOST_ROOM);
  const [low, high] = [write(bounds.low), write(bounds.high)];
  useLayoutEffect(() => {
    const box = node.current;
    if (box === null) return;
    const place = () => {
      const ends = [...box.querySelectorAll<HTMLElement>(".interval-low, .interval-high")];
      const needed = Math.max(...ends.map((end) => end.offsetWidth)) + GAP_PX;
      if (box.clientWidth > 0) setRoom(Math.min(MOST_ROOM, needed / box.clientWidth));
    };
    const observer = new ResizeObserver(place);
    observer.observe(box);
    return () => observer.disconnect();
  }, [low, high]);

  const [least, most] = [Math.min(0, bounds.low), Math.max(0, bounds.high)];
  const at = (value: number) => room + ((value - least) / (most - least || 1)) * (1 - 2 * room);
  const percent = (share: number) => `${(share * 100).toFixed(2)}%`;
  const sign = bounds.low > 0 ? "plus" : bounds.high < 0 ? "minus" : undefined;
  return (
    <div className="interval" role="img" aria-label={label} data-sign={sign} ref={node}>
      <span className="interval-zero" style={{ left: percent(at(0)) }} />
      <span
        className="interval-range"
        style={{ left: percent(at(bounds.low)), width: percent(at(bounds.high) - at(bounds.low)) }}
      />
      <span className="interval-dot" style={{ left: percent(at(bounds.value)) }} />
      <span className="interval-low" style={{ right: percent(1 - at(bounds.low)) }}>
        {low}
      </span>
      <span className="interval-high" style={{ left: percent(at(bounds.high)) }}>
        {high}
      </span>
      <span className="interval-naught" style={{ left: percent(at(0)) }}>
        0
      </span>
    </div>
  );
}
