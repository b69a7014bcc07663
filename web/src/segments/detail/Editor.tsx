import { Alert, Input } from "antd";

import { ConditionBuilder, ConditionReading, type Json, useInspection, useSettled } from "@/shared/conditions";
import { useTexts } from "@/shared/i18n";

import { type Draft, named, namesOf, put } from "./draft";
import { texts } from "./texts";
import "./segments.css";

interface Props {
  draft: Draft;
  onChange: (draft: Draft) => void;
}

/** What a segment is called and who is in it, with what that means beside it. */
export function Editor({ draft, onChange }: Props) {
  const t = useTexts(texts);
  const condition = draft.document.condition;
  return (
    <div className="stack">
      <Header draft={draft} onChange={onChange} />
      {condition === undefined ? (
        <Alert type="info" showIcon title={t("list")} />
      ) : (
        <Condition condition={condition} onChange={(next) => onChange(put(draft, "condition", next))} />
      )}
    </div>
  );
}

function Condition({ condition, onChange }: { condition: Json; onChange: (condition: Json) => void }) {
  const settled = useSettled(condition);
  const inspection = useInspection(settled);
  return (
    <div className="segment-editor">
      <ConditionBuilder value={condition} onChange={onChange} faults={inspection.data?.problems} />
      <ConditionReading condition={settled} inspection={inspection.data} />
    </div>
  );
}

function Header({ draft, onChange }: Props) {
  const t = useTexts(texts);
  const { en, zh } = namesOf(draft);
  const text = (field: string) => String(draft.document[field] ?? "");
  const field = (label: string, value: string, change: (value: string) => void, placeholder = "") => (
    <label className="segment-field">
      <span className="muted">{label}</span>
      <Input value={value} placeholder={placeholder} onChange={(event) => change(event.target.value)} />
    </label>
  );
  return (
    <div className="segment-header">
      {field(t("nameEn"), en, (value) => onChange(named(draft, { en: value })))}
      {field(t("nameZh"), zh, (value) => onChange(named(draft, { zh: value })))}
      {draft.over === 0 && field(t("key"), text("key"), (value) => onChange(put(draft, "key", value)), t("keyHint"))}
      {field(t("owner"), text("owner"), (value) => onChange(put(draft, "owner", value)))}
      {field(t("purpose"), text("purpose"), (value) => onChange(put(draft, "purpose", value)))}
    </div>
  );
}
