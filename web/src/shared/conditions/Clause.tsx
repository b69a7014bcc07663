import { CloseOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Input } from "antd";
import { useState } from "react";

import { useTexts } from "../i18n";
import { type Fields, type Json, MEASURES, set } from "./document";
import { Comparison, NamePick, WindowInput, WordPick } from "./inputs";
import type { Names } from "./queries";
import { texts } from "./texts";

/** Fields that every event has besides its own properties. */
const OWN = [
  "revenue",
  "quantity",
  "currency",
  "order_id",
  "product_id",
  "session_id",
  "campaign_id",
  "channel",
  "source",
];

interface Props {
  node: Fields;
  names: Names;
  onChange: (node: Fields) => void;
}

export function TraitClause({ node, names, onChange, what }: Props & { what: "trait" | "tag" }) {
  const t = useTexts(texts);
  const known = what === "trait" ? names.traits : names.tags;
  const name = String(node[what]);
  return (
    <>
      <span className="condition-what">{t(what)}</span>
      <NamePick label={t(what)} value={name} names={known} onChange={(next) => onChange({ ...node, [what]: next })} />
      <Comparison node={node} kinds={known.find((one) => one.name === name)?.kinds ?? []} onChange={onChange} />
    </>
  );
}

export function SegmentClause({
  value,
  names,
  onChange,
}: {
  value: string;
  names: Names;
  onChange: (key: string) => void;
}) {
  const t = useTexts(texts);
  return (
    <>
      <span className="condition-what">{t("in_segment")}</span>
      <NamePick label={t("in_segment")} value={value} names={names.segments} onChange={onChange} />
    </>
  );
}

export function EventClause({ node, names, onChange }: Props) {
  const t = useTexts(texts);
  const event = String(node.event);
  const measure = String(node.measure ?? "did");
  const figure = measure !== "did" && measure !== "did_not";
  const over = figure && measure !== "count";
  const where = Array.isArray(node.where) ? (node.where as Fields[]) : [];
  const properties = propertiesOf(names, event);
  const filter = (at: number, next: Fields | null) => {
    const others = where.flatMap((one, place) => (place === at ? (next ? [next] : []) : [one]));
    onChange(set(node, "where", others.length > 0 ? others : undefined));
  };
  return (
    <>
      <span className="condition-what">{t("event")}</span>
      <NamePick
        label={t("event")}
        value={event}
        names={names.events.map((name) => ({ name }))}
        onChange={(next) => onChange({ ...node, event: next })}
      />
      <WordPick
        label={t("figure")}
        value={measure}
        options={MEASURES.map((one) => ({ value: one, label: t(one) }))}
        onChange={(next) => onChange(measured(node, next))}
      />
      {over && (
        <NamePick
          label={t("of")}
          value={String(node.of ?? "")}
          names={[...(measure === "first" || measure === "last" ? [{ name: "time" }] : []), ...properties]}
          onChange={(of) => onChange({ ...node, of })}
        />
      )}
      {figure && (
        <Comparison
          node={node}
          kinds={measure === "first" || measure === "last" ? (node.of === "time" ? ["time"] : []) : ["number"]}
          onChange={onChange}
        />
      )}
      <WindowInput value={node.within} onChange={(within) => onChange(set(node, "within", within))} />
      {where.map((one, at) => (
        <FilterRow
          key={at}
          node={one}
          properties={properties}
          onChange={(next) => filter(at, next)}
          remove={() => filter(at, null)}
        />
      ))}
      <Button
        size="small"
        type="text"
        icon={<PlusOutlined />}
        onClick={() => onChange(set(node, "where", [...where, { property: "", op: "eq", value: "" }]))}
      >
        {t("addFilter")}
      </Button>
    </>
  );
}

export function propertiesOf(names: Names, event: string): { name: string; kinds: string[] }[] {
  const own = (names.properties[event] ?? []).map(({ name, kinds }) => ({ name, kinds: kinds ?? [] }));
  const listed = new Set(own.map(({ name }) => name));
  return [...own, ...OWN.filter((name) => !listed.has(name)).map((name) => ({ name, kinds: [] }))];
}

/** An event of which something else is taken: figures need a comparison, and some a property. */
function measured(node: Fields, measure: string): Fields {
  const bare = ["of", "op", "value"].reduce((rest, name) => set(rest, name, undefined), set(node, "measure", measure));
  const tail = { op: "gte", value: 1 };
  const added: Record<string, Fields> = {
    did: {},
    did_not: {},
    count: tail,
    first: { of: "time", op: "within_last", value: "30d" },
    last: { of: "time", op: "within_last", value: "30d" },
  };
  const { within, where, ...head } = bare;
  const rest = { ...(within === undefined ? {} : { within }), ...(where === undefined ? {} : { where }) };
  return { ...head, ...(added[measure] ?? { of: "revenue", ...tail }), ...rest };
}

interface FilterProps {
  node: Fields;
  properties: { name: string; kinds: string[] }[];
  onChange: (node: Fields) => void;
  remove: () => void;
}

export function FilterRow({ node, properties, onChange, remove }: FilterProps) {
  const t = useTexts(texts);
  const name = String(node.property);
  return (
    <div className="row condition-filter">
      <span className="muted">{t("where")}</span>
      <NamePick
        label={t("of")}
        value={name}
        names={properties}
        onChange={(property) => onChange({ ...node, property })}
      />
      <Comparison node={node} kinds={properties.find((one) => one.name === name)?.kinds ?? []} onChange={onChange} />
      <Button type="text" size="small" aria-label={t("remove")} icon={<CloseOutlined />} onClick={remove} />
    </div>
  );
}

/** What the builder does not draw: JSON, which is changed as soon as it can be read again. */
export function JsonBlock({ node, onChange }: { node: Json; onChange: (node: Json) => void }) {
  const t = useTexts(texts);
  const [text, setText] = useState(() => JSON.stringify(node, null, 2));
  const [wrong, setWrong] = useState(false);
  const type = (next: string) => {
    setText(next);
    try {
      onChange(JSON.parse(next) as Json);
      setWrong(false);
    } catch {
      setWrong(true);
    }
  };
  return (
    <div className="condition-json">
      <span className="muted">{wrong ? t("badJson") : t("other")}</span>
      <Input.TextArea
        aria-label={t("json")}
        status={wrong ? "error" : ""}
        autoSize={{ minRows: 2, maxRows: 14 }}
        value={text}
        onChange={(event) => type(event.target.value)}
      />
    </div>
  );
}
