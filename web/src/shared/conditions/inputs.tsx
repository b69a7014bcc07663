import { Input, InputNumber, Select } from "antd";

import { useSaid, useTexts } from "../i18n";
import { CALENDARS, type Fields, type Json, isFields, isPresence, opsFor, set, spanOf, windowOf } from "./document";
import { calendars, ops as opWords, texts } from "./texts";

const UNITS = ["m", "h", "d", "w"] as const;
const TIMED = new Set(["before", "after"]);
const SPANS = new Set(["within_last", "not_within_last"]);
const LISTS = new Set(["in", "not_in"]);

interface Name {
  name: string;
  title?: Record<string, string>;
}

interface PickProps {
  label: string;
  value: string;
  names: readonly Name[];
  onChange: (name: string) => void;
  wrong?: boolean;
}

/** Chooses a name with search; a name that is not known yet can be typed. */
export function NamePick({ label, value, names, onChange, wrong = false }: PickProps) {
  const t = useTexts(texts);
  const said = useSaid();
  const titled = names.map(({ name, title }) => ({ value: name, label: said(title ?? null) || name }));
  const options =
    value === "" || titled.some((one) => one.value === value) ? titled : [{ value, label: value }, ...titled];
  return (
    <Select
      aria-label={label}
      className="condition-name"
      showSearch={{
        filterOption: (typed, one) =>
          `${one?.label ?? ""} ${one?.value ?? ""}`.toLowerCase().includes(typed.toLowerCase()),
      }}
      popupMatchSelectWidth={false}
      status={wrong ? "error" : ""}
      placeholder={t("choose")}
      value={value === "" ? null : value}
      options={options}
      onChange={(chosen) => onChange(chosen ?? "")}
    />
  );
}

interface WordProps {
  label: string;
  value: string;
  options: { value: string; label: string }[];
  onChange: (word: string) => void;
}

export function WordPick(props: WordProps) {
  const { label, ...rest } = props;
  return <Select aria-label={label} popupMatchSelectWidth={false} {...rest} />;
}

/** Operator and value of a node; kinds say which operators and which input fit. */
export function Comparison(props: { node: Fields; kinds: readonly string[]; onChange: (node: Fields) => void }) {
  const { node, kinds, onChange } = props;
  const t = useTexts(texts);
  const word = useTexts(opWords);
  const op = typeof node.op === "string" ? node.op : "exists";
  const fitting = opsFor(kinds);
  const offered = fitting.includes(op) ? fitting : [op, ...fitting];
  return (
    <>
      <WordPick
        label={t("op")}
        value={op}
        options={offered.map((one) => ({ value: one, label: word(one as keyof typeof opWords) }))}
        onChange={(next) => onChange(withOp(node, op, next))}
      />
      {!isPresence(op) && (
        <ValueInput
          op={op}
          value={node.value}
          kinds={kinds}
          onChange={(value) => onChange(set(node, "value", value))}
        />
      )}
    </>
  );
}

/** What each operator's value looks like, and what such a value begins as. */
const SHAPES: Record<string, readonly [shape: string, first: Json | undefined]> = {
  exists: ["none", undefined],
  not_exists: ["none", undefined],
  within_last: ["span", "30d"],
  not_within_last: ["span", "30d"],
  before: ["time", ""],
  after: ["time", ""],
  in: ["list", []],
  not_in: ["list", []],
  between: ["range", [0, 1]],
};

/** A value that the new operator cannot take is let go; any other stays. */
function withOp(node: Fields, before: string, op: string): Fields {
  const [shape, first] = SHAPES[op] ?? ["one", ""];
  const [was] = SHAPES[before] ?? ["one"];
  const next = set(node, "op", op);
  return shape === was && node.value !== undefined ? next : set(next, "value", first);
}

interface ValueProps {
  op: string;
  value: Json | undefined;
  kinds: readonly string[];
  onChange: (value: Json) => void;
}

function ValueInput({ op, value, kinds, onChange }: ValueProps) {
  const t = useTexts(texts);
  if (SPANS.has(op)) return <SpanInput value={value} onChange={onChange} />;
  if (TIMED.has(op)) return <DayInput label={t("value")} value={value} onChange={onChange} />;
  if (LISTS.has(op)) return <ListInput value={value} kinds={kinds} onChange={onChange} />;
  if (op === "between") return <RangeInput value={value} onChange={onChange} />;
  const ordered = ["gt", "gte", "lt", "lte"].includes(op);
  const onlyNumbers = kinds.length === 1 && kinds[0] === "number";
  if (ordered || typeof value === "number" || (onlyNumbers && (value === undefined || value === "")))
    return <NumberInput label={t("value")} value={value} onChange={onChange} />;
  if (typeof value === "boolean" || (kinds.length === 1 && kinds[0] === "yes/no"))
    return (
      <WordPick
        label={t("value")}
        value={String(value)}
        options={[
          { value: "true", label: t("yes") },
          { value: "false", label: t("no") },
        ]}
        onChange={(word) => onChange(typeof value === "string" && value !== "" ? word : word === "true")}
      />
    );
  return (
    <Input
      aria-label={t("value")}
      placeholder={t("value")}
      className="condition-value"
      value={typeof value === "string" ? value : ""}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

function NumberInput({
  label,
  value,
  onChange,
}: {
  label: string;
  value: Json | undefined;
  onChange: (value: Json) => void;
}) {
  return (
    <InputNumber
      aria-label={label}
      className="condition-number"
      value={typeof value === "number" ? value : null}
      onChange={(number) => onChange(number ?? "")}
    />
  );
}

function RangeInput({ value, onChange }: { value: Json | undefined; onChange: (value: Json) => void }) {
  const t = useTexts(texts);
  const [low = 0, high = 0] = Array.isArray(value) ? value : [];
  return (
    <>
      <NumberInput label={t("low")} value={low} onChange={(next) => onChange([next, high])} />
      <NumberInput label={t("high")} value={high} onChange={(next) => onChange([low, next])} />
    </>
  );
}

/** Several values; they become numbers where the others are, or where the name has only numbers. */
function ListInput({ value, kinds, onChange }: Omit<ValueProps, "op">) {
  const t = useTexts(texts);
  const given = Array.isArray(value) ? value : value === undefined || value === "" ? [] : [value];
  const numbers = given.length > 0 ? given.every((one) => typeof one === "number") : kinds.join() === "number";
  const read = (text: string): Json =>
    numbers && text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
  return (
    <Select
      mode="tags"
      aria-label={t("values")}
      placeholder={t("values")}
      className="condition-list"
      value={given.map(String)}
      open={false}
      suffixIcon={null}
      tokenSeparators={[",", "，", "\n"]}
      onChange={(list: string[]) =>
        onChange(list.map((text) => given.find((one) => String(one) === text) ?? read(text)))
      }
    />
  );
}

export function SpanInput({ value, onChange }: { value: Json | undefined; onChange: (value: string) => void }) {
  const t = useTexts(texts);
  const [many, unit] = spanOf(value) ?? [30, "d"];
  return (
    <>
      <InputNumber
        aria-label={t("value")}
        className="condition-span"
        min={1}
        precision={0}
        value={many}
        onChange={(next) => onChange(`${next ?? 1}${unit}`)}
      />
      <WordPick
        label={t("unit")}
        value={unit}
        options={UNITS.map((one) => ({ value: one, label: t(`unit_${one}`) }))}
        onChange={(next) => onChange(`${many}${next}`)}
      />
    </>
  );
}

/** A day, or a moment as it was written. */
function DayInput({
  label,
  value,
  onChange,
}: {
  label: string;
  value: Json | undefined;
  onChange: (value: string) => void;
}) {
  const text = typeof value === "string" ? value : "";
  return (
    <Input
      aria-label={label}
      type={text === "" || /^\d{4}-\d\d-\d\d$/.test(text) ? "date" : "text"}
      className="condition-day"
      value={text}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

const FIRST = {
  ever: undefined,
  last: { last: "30d" },
  calendar: { calendar: "this_month" },
  between: { from: "", to: "" },
  since: { since: "" },
  before: { before: "" },
} as const;

/** The window of time; `ever` only where it may be left out. */
export function WindowInput(props: {
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
  ever?: boolean;
}) {
  const { value, onChange, ever = true } = props;
  const t = useTexts(texts);
  const calendar = useTexts(calendars);
  const kind = windowOf(value);
  const fields = isFields(value) ? value : {};
  const day = (name: string, label: string) => (
    <DayInput label={label} value={fields[name]} onChange={(next) => onChange({ ...fields, [name]: next })} />
  );
  const kinds = (Object.keys(FIRST) as (keyof typeof FIRST)[]).filter((one) => ever || one !== "ever");
  return (
    <>
      <WordPick
        label={t("when")}
        value={kind}
        options={kinds.map((one) => ({ value: one, label: one === "ever" ? t("ever") : t(`window_${one}`) }))}
        onChange={(next) => onChange(FIRST[next as keyof typeof FIRST])}
      />
      {kind === "last" && (
        <SpanInput
          value={fields.last ?? value}
          onChange={(span) => onChange(isFields(value) ? { last: span } : span)}
        />
      )}
      {kind === "calendar" && (
        <WordPick
          label={t("window_calendar")}
          value={String(fields.calendar ?? value)}
          options={CALENDARS.map((one) => ({ value: one, label: calendar(one) }))}
          onChange={(next) => onChange(isFields(value) ? { calendar: next } : next)}
        />
      )}
      {kind === "between" && (
        <>
          {day("from", t("low"))}
          {day("to", t("high"))}
        </>
      )}
      {kind === "since" && day("since", t("window_since"))}
      {kind === "before" && day("before", t("window_before"))}
    </>
  );
}
