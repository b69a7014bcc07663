import type { Crowd } from "./queries";

/** A cell: what it shows, and the crowd behind it where it is a number of people. */
export interface Cell {
  value: string | number | boolean | null;
  kind?: "share" | "seconds";
  crowd?: Crowd;
}

export interface Sheet {
  title: string;
  columns: string[];
  rows: Cell[][];
}

type Row = Record<string, unknown>;

const SHARES = new Set(["of_first", "of_previous", "share", "rate", "change", "difference", "stickiness"]);
const SPREAD = new Set(["low", "high", "p10", "p25", "median", "p75", "p90", "mean"]);

/**
 * The tables of a result, whatever its method: every list of objects is one, what lies flat in an object is a column,
 * and lists inside of rows are tables of their own, with the row's words before theirs.
 */
export function sheetsOf(result: Row): Sheet[] {
  const sheets = new Map<string, Row[]>();
  const alone = Object.fromEntries(Object.entries(result).filter(([, value]) => !Array.isArray(value)));
  delete alone.method;
  if (Object.values(alone).some((value) => typeof value === "number")) sheets.set("total", [alone]);
  collect(result, "", {}, sheets);
  const timed = result.method === "interval";
  return [...sheets].map(([title, rows]) => sheetOf(title, rows, timed));
}

function collect(node: Row, path: string, words: Row, sheets: Map<string, Row[]>) {
  for (const [name, value] of Object.entries(node)) {
    if (!Array.isArray(value) || !value.every(isRow)) continue;
    const title = path === "" ? name : `${path} · ${name}`;
    for (const one of value) {
      const row = { ...words, ...one };
      if (hasOwn(one)) sheets.set(title, [...(sheets.get(title) ?? []), row]);
      const said = Object.entries(one).filter(([, word]) => typeof word === "string");
      collect(one, title, { ...words, ...Object.fromEntries(said) }, sheets);
    }
  }
}

/** Whether an object says more than the lists inside of it. */
function hasOwn(one: Row): boolean {
  return Object.values(one).some((value) => typeof value === "number" || (isRow(value) && "crowd" in value));
}

function sheetOf(title: string, rows: Row[], timed: boolean): Sheet {
  const flat = rows.map((row) => cellsOf(row, timed));
  const columns = [...new Set(flat.flatMap((row) => Object.keys(row)))];
  return { title, columns, rows: flat.map((row) => columns.map((name) => row[name] ?? { value: null })) };
}

function cellsOf(row: Row, timed: boolean, prefix = ""): Record<string, Cell> {
  const cells: Record<string, Cell> = {};
  for (const [name, value] of Object.entries(row)) {
    if (name === "crowd" || name.endsWith("_crowd") || Array.isArray(value)) continue;
    if (isRow(value)) Object.assign(cells, cellsOf(value, timed || name === "took", `${prefix}${name} `));
    else cells[prefix + name] = cellOf(row, name, value as Cell["value"], timed);
  }
  return cells;
}

function cellOf(row: Row, name: string, value: Cell["value"], timed: boolean): Cell {
  const crowd = crowdOf(row, name);
  const kind =
    SHARES.has(name) || name.endsWith("_share") ? "share" : timed && SPREAD.has(name) ? "seconds" : undefined;
  return { value, ...(kind ? { kind } : {}), ...(crowd ? { crowd } : {}) };
}

/** `dropped_crowd` stands behind `dropped` and `dropped_people`, `crowd` behind `people` and `value`. */
function crowdOf(row: Row, name: string): Crowd | undefined {
  const word = name.replace(/_?people$/, "");
  const found = row[`${word}_crowd`] ?? (word === "" || name === "value" ? row.crowd : undefined);
  return isRow(found) && Object.keys(found).length > 0 ? found : undefined;
}

function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A sheet without the columns that say nothing: no value in any row, or "no" in all of them. */
export function telling({ title, columns, rows }: Sheet): Sheet {
  const kept = columns.flatMap((name, place) =>
    rows.some((row) => row[place]?.value !== null && row[place]?.value !== false) ? [{ name, place }] : [],
  );
  return {
    title,
    columns: kept.map(({ name }) => name),
    rows: rows.map((row) => kept.map(({ place }) => row[place] ?? { value: null })),
  };
}

export function csvOf(sheets: readonly Sheet[]): string {
  const written = (value: unknown) => {
    const text = value === null || value === undefined ? "" : String(value);
    // A cell that begins like a formula would be one in a spreadsheet.
    const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const line = (cells: unknown[]) => cells.map(written).join(",");
  return sheets
    .map(({ title, columns, rows }) =>
      [line([title]), line(columns), ...rows.map((row) => line(row.map((one) => one.value)))].join("\r\n"),
    )
    .join("\r\n\r\n");
}
