import { CloseOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, InputNumber } from "antd";

import {
  type Fields,
  type Json,
  NamePick,
  type Names,
  SpanInput,
  WordPick,
  isFields,
  propertiesOf,
  set,
} from "@/shared/conditions";
import { useTexts } from "@/shared/i18n";

import { type Input, METHODS, type MethodName } from "./methods";
import { texts } from "./texts";

interface Props {
  document: Fields;
  names: Names;
  onChange: (document: Fields) => void;
}

/** The method's own part: an input for each field that has one. */
export function Form({ document, names, onChange }: Props) {
  const t = useTexts(texts);
  const method = document.method as MethodName;
  const part = isFields(document[method]) ? document[method] : {};
  const form: Record<string, Input> = METHODS[method].form;
  return (
    <>
      {Object.entries(form).map(([field, input]) => (
        <div key={field} className="analysis-field">
          <span className="muted">{t(field as "steps")}</span>
          <Field
            label={t(field as "steps")}
            input={input}
            value={part[field]}
            names={names}
            onChange={(value) => onChange({ ...document, [method]: set(part, field, value) })}
          />
        </div>
      ))}
    </>
  );
}

interface FieldProps {
  label: string;
  input: Input;
  value: Json | undefined;
  names: Names;
  onChange: (value: Json | undefined) => void;
}

function Field({ label, input, value, names, onChange }: FieldProps) {
  const t = useTexts(texts);
  switch (input) {
    case "event":
      return <Pick label={label} value={value ?? ""} names={names} onChange={onChange} />;
    case "events":
    case "measures":
      return <Picks measured={input === "measures"} value={value} names={names} onChange={onChange} />;
    case "span":
      return (
        <div className="row">
          <SpanInput value={value} onChange={onChange} />
        </div>
      );
    case "number":
      return (
        <InputNumber
          aria-label={label}
          min={1}
          precision={0}
          value={typeof value === "number" ? value : null}
          onChange={(next) => onChange(next ?? undefined)}
        />
      );
    case "grain":
      return (
        <WordPick
          label={label}
          value={String(value ?? "")}
          options={["", "day", "week", "month"].map((one) => ({ value: one, label: t((one || "none") as "day") }))}
          onChange={(next) => onChange(next || undefined)}
        />
      );
    case "property":
      return (
        <NamePick
          label={label}
          value={String(value ?? "")}
          names={Object.keys(names.properties).flatMap((event) => propertiesOf(names, event))}
          onChange={onChange}
        />
      );
    case "grouping":
      return <Grouping label={label} value={value} names={names} onChange={onChange} />;
  }
}

/** An event, by name alone or with filters and more, which are kept. */
function Pick({
  label,
  value,
  names,
  onChange,
}: {
  label: string;
  value: Json;
  names: Names;
  onChange: (value: Json) => void;
}) {
  const event = isFields(value) ? value.event : value;
  return (
    <NamePick
      label={label}
      value={Array.isArray(event) ? event.join(", ") : String(event ?? "")}
      names={names.events.map((name) => ({ name }))}
      onChange={(next) => onChange(isFields(value) ? { ...value, event: next } : next)}
    />
  );
}

const TAKES = ["count", "people", "sum", "avg", "min", "max", "distinct"] as const;

function Picks({ measured, value, names, onChange }: Omit<FieldProps, "label" | "input"> & { measured: boolean }) {
  const t = useTexts(texts);
  const listed = Array.isArray(value) ? value : [];
  const put = (at: number, next: Json) => onChange(listed.map((one, place) => (place === at ? next : one)));
  return (
    <div className="analysis-picks">
      {listed.map((one, at) => (
        <div className="row" key={at}>
          <span className="muted analysis-place">{at + 1}</span>
          <Pick
            label={`${t(measured ? "measures" : "step")} ${at + 1}`}
            value={one}
            names={names}
            onChange={(next) => put(at, next)}
          />
          {measured && (
            <Take value={isFields(one) ? one : { event: one }} names={names} onChange={(next) => put(at, next)} />
          )}
          {listed.length > 1 && (
            <Button
              type="text"
              size="small"
              aria-label={`${t("remove")} ${at + 1}`}
              icon={<CloseOutlined />}
              onClick={() => onChange(listed.filter((_, place) => place !== at))}
            />
          )}
        </div>
      ))}
      <Button
        size="small"
        icon={<PlusOutlined />}
        onClick={() => onChange([...listed, measured ? { event: "", take: "count" } : { event: "" }])}
      >
        {t(measured ? "addMeasure" : "addStep")}
      </Button>
    </div>
  );
}

function Take({ value, names, onChange }: { value: Fields; names: Names; onChange: (value: Fields) => void }) {
  const t = useTexts(texts);
  const take = String(value.take ?? "count");
  const plain = take === "count" || take === "people";
  const offered = TAKES.some((one) => one === take) ? TAKES : [take, ...TAKES];
  return (
    <>
      <WordPick
        label={t("take")}
        value={take}
        options={offered.map((one) => ({ value: one, label: t(one as "count") || one }))}
        onChange={(next) => {
          const bare = set({ ...value, take: next }, "property", undefined);
          onChange(next === "count" || next === "people" ? bare : { ...bare, property: value.property ?? "revenue" });
        }}
      />
      {!plain && (
        <NamePick
          label={t("property")}
          value={String(value.property ?? "")}
          names={propertiesOf(names, String(value.event))}
          onChange={(property) => onChange({ ...value, property })}
        />
      )}
    </>
  );
}

const BY = ["property", "trait", "tag", "segment"] as const;

/** By nothing, or by a property of events, a trait, a tag or a segment of people. */
function Grouping({ label, value, names, onChange }: Omit<FieldProps, "input">) {
  const t = useTexts(texts);
  const fields = isFields(value) ? value : {};
  const by = BY.find((one) => fields[one] !== undefined);
  const choices = {
    property: Object.keys(names.properties).flatMap((event) => propertiesOf(names, event)),
    trait: names.traits,
    tag: names.tags,
    segment: names.segments,
  };
  const unique = by ? [...new Map(choices[by].map((one) => [one.name, one])).values()] : [];
  return (
    <div className="row">
      <WordPick
        label={label}
        value={by ?? ""}
        options={[{ value: "", label: t("none") }, ...BY.map((one) => ({ value: one, label: t(one) }))]}
        onChange={(next) =>
          onChange(next === "" ? undefined : { [next]: choices[next as (typeof BY)[number]][0]?.name ?? "" })
        }
      />
      {by && (
        <NamePick
          label={`${label} ${t(by)}`}
          value={String(fields[by])}
          names={unique}
          onChange={(name) => onChange({ ...fields, [by]: name })}
        />
      )}
    </div>
  );
}
