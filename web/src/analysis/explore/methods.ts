import { type Fields, isFields } from "@/shared/conditions";

/** What a field of a method's part is, and so how it is asked for. */
export type Input = "event" | "events" | "measures" | "span" | "number" | "grain" | "property" | "grouping";

export interface Method {
  /** Its part of the document to begin with. */
  start: Fields;
  /** The fields that have an input; the others stand in the document and are kept. */
  form: Record<string, Input>;
}

const ORDER = "Order Completed";

export const METHODS = {
  funnel: {
    start: { steps: [{ event: "Product Viewed" }, { event: ORDER }], window: "14d" },
    form: { steps: "events", window: "span", breakdown: "grouping" },
  },
  retention: {
    start: { start: ORDER, back: ORDER, grain: "week", columns: 6 },
    form: { start: "event", back: "event", grain: "grain", columns: "number" },
  },
  event: {
    start: { measures: [{ event: ORDER, take: "count" }], split: "day" },
    form: { measures: "measures", split: "grain", by: "grouping" },
  },
  distribution: { start: { event: ORDER }, form: { event: "event", property: "property" } },
  interval: {
    start: { start: ORDER, end: ORDER, within: "30d" },
    form: { start: "event", end: "event", within: "span" },
  },
  path: { start: { steps: 5 }, form: { steps: "number" } },
  session: { start: { gap: "30m" }, form: { gap: "span" } },
  lifecycle: { start: { event: "*", grain: "week" }, form: { event: "event", grain: "grain" } },
  attribution: {
    start: { touches: { event: "Campaign Clicked" }, channel: "campaign_id" },
    form: { touches: "event", channel: "property" },
  },
  ltv: { start: { grain: "month", columns: 6 }, form: { grain: "grain", columns: "number" } },
  rfm: { start: { levels: 3 }, form: { levels: "number" } },
} as const satisfies Record<string, Method>;

export type MethodName = keyof typeof METHODS;
export const METHOD_NAMES = Object.keys(METHODS) as MethodName[];

export function startOf(method: MethodName, kept: Fields = {}): Fields {
  const { who, over = { last: "30d" } } = kept;
  return { method, over, ...(who === undefined ? {} : { who }), [method]: METHODS[method].start as Fields };
}

/** The events that the method's own part names; `*` is any of them. */
export function eventsOf(document: Fields): string[] {
  const method = document.method as MethodName;
  const part = isFields(document[method]) ? document[method] : {};
  const asking: Record<string, Input> = METHODS[method].form;
  return Object.entries(asking)
    .filter(([, input]) => ["event", "events", "measures"].includes(input))
    .flatMap(([field]) => part[field] ?? [])
    .flatMap((one) => (isFields(one) ? (one.event ?? []) : one))
    .filter((one) => typeof one === "string" && one !== "*") as string[];
}

/** The document in the address; a funnel where there is none, or none that can be read. */
export function documentIn(text: string): Fields {
  try {
    const found = JSON.parse(text) as Fields;
    if (METHOD_NAMES.includes(found.method as MethodName)) return found;
  } catch {
    // somebody cut the address: begin anew
  }
  return startOf("funnel");
}
