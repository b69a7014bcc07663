// Where the line runs that closes the nine steps into one loop: through the cards wherever the layout puts them.

const BRACKET = 15; // how far the way back runs beside a single column
const BEND = 12;

export interface Box {
  x: number;
  y: number;
  right: number;
  bottom: number;
  cx: number;
  cy: number;
}
type Arrow = readonly [x: number, y: number, angle: number];
type Name = "users" | "turn" | "marketing" | "back";
export interface Leg {
  d: string;
  name: Name;
  arrows: Arrow[];
}
export interface Lines {
  width: number;
  height: number;
  column: boolean;
  legs: Leg[];
  /** Heights between which the colour changes, on the way down and on the way back. */
  turn: readonly [number, number];
  back: readonly [number, number];
}

/** The lines through nine cards and the sign of the way back, the tenth box. */
export function linesThrough(nodes: readonly Element[], frame: DOMRect): Lines | null {
  const boxes = nodes.map((node) => boxOf(node.getBoundingClientRect(), frame));
  const [first, second, , fourth, fifth] = boxes;
  const [ninth, sign] = boxes.slice(8);
  if (!first || !second || !fourth || !fifth || !ninth || !sign || frame.width === 0) return null;
  const column = first.x === second.x;
  return {
    width: frame.width,
    height: frame.height,
    column,
    legs: column ? columnLegs(boxes, first, sign) : ringLegs(boxes, sign),
    turn: [fourth.bottom, fifth.y],
    back: [first.cy, (column ? sign : ninth).y],
  };
}

function boxOf(rect: DOMRect, frame: DOMRect): Box {
  const x = Math.round(rect.left - frame.left);
  const y = Math.round(rect.top - frame.top);
  return { x, y, right: x + rect.width, bottom: y + rect.height, cx: x + rect.width / 2, cy: y + rect.height / 2 };
}

const nameOf = (at: number): Name => (at < 3 ? "users" : at === 3 ? "turn" : at < 8 ? "marketing" : "back");

/** Cards around a rectangle: straight legs from middle to middle, an arrow in every gap. */
function ringLegs(boxes: Box[], sign: Box): Leg[] {
  return boxes.slice(0, 9).map((from, at) => {
    const to = boxes[(at + 1) % 9] ?? from;
    const down = Math.abs(to.cy - from.cy) > Math.abs(to.cx - from.cx);
    const d = `M${from.cx} ${from.cy}${down ? `V${to.cy}` : `H${to.cx}`}`;
    if (at === 8) {
      const gaps = [(from.y + sign.bottom) / 2, (sign.y + to.bottom) / 2];
      return { d, name: "back", arrows: gaps.map((y): Arrow => [from.cx, y, -90]) };
    }
    const onward: Arrow = down
      ? [from.cx, to.cy > from.cy ? (from.bottom + to.y) / 2 : (from.y + to.bottom) / 2, to.cy > from.cy ? 90 : -90]
      : [to.cx > from.cx ? (from.right + to.x) / 2 : (from.x + to.right) / 2, from.cy, to.cx > from.cx ? 0 : 180];
    return { d, name: nameOf(at), arrows: [onward] };
  });
}

/** Cards in one column: short legs between them, and a bracket at the left that leads from the end to the start. */
function columnLegs(boxes: Box[], first: Box, last: Box): Leg[] {
  const legs = boxes.slice(0, 9).map((from, at): Leg => {
    const to = boxes[at + 1] ?? from;
    const d = `M${from.cx} ${from.cy}V${to.cy}`;
    return { d, name: nameOf(Math.min(at, 7)), arrows: [[from.cx, (from.bottom + to.y) / 2, 90]] };
  });
  const left = first.x - BRACKET;
  const d =
    `M${last.cx} ${last.cy}H${left + BEND}Q${left} ${last.cy} ${left} ${last.cy - BEND}` +
    `V${first.cy + BEND}Q${left} ${first.cy} ${left + BEND} ${first.cy}H${first.cx}`;
  const ups = boxes
    .slice(1, 9)
    .filter((_, at) => at % 2)
    .map((one): Arrow => [left, one.cy, -90]);
  return [...legs, { d, name: "back", arrows: ups }];
}
