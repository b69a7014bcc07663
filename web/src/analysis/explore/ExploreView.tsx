import { Alert, Button, Collapse, Segmented } from "antd";
import { useState } from "react";

import { ConditionBuilder, type Fields, WindowInput, set, useNames } from "@/shared/conditions";
import { useFormat } from "@/shared/format";
import { useUrlState } from "@/shared/hooks";
import { useTexts } from "@/shared/i18n";
import { CodeView, EmptyState, Loaded, PageHeader } from "@/shared/ui";

import { Behind } from "./Behind";
import { Form } from "./Form";
import { METHOD_NAMES, documentIn, eventsOf, startOf } from "./methods";
import { type Analysed, type Chosen, type Crowd, useAnalysis } from "./queries";
import { Results } from "./Results";
import { csvOf, sheetsOf } from "./tables";
import { texts } from "./texts";
import "./analysis.css";

/** The document that was run stands in the address; what is being edited runs when it is told to. */
export function ExploreView() {
  const t = useTexts(texts);
  const [{ a }, setUrl] = useUrlState({ a: "" });
  const asked = documentIn(a);
  const [edited, edit] = useState<{ from: string; document: Fields } | null>(null);
  const document = edited?.from === a ? edited.document : asked;
  const change = (next: Fields) => edit({ from: a, document: next });
  const run = (next: Fields) => setUrl({ a: JSON.stringify(next) });
  const names = useNames(document);
  const query = useAnalysis(asked);
  const begin = (next: Fields) =>
    eventsOf(next).every((one) => names.events.includes(one)) ? run(next) : change(next);
  const [chosen, choose] = useState<Chosen | null>(null);
  const open = (found: Analysed) => (crowd: Crowd, title: string) =>
    choose({ analysis: asked, pin: found.stamp.pin, crowd, title });
  return (
    <>
      <PageHeader title={t("title")} about={t("about")} />
      <div className="stack">
        <Segmented
          aria-label={t("method")}
          className="analysis-methods"
          value={String(document.method)}
          options={METHOD_NAMES.map((value) => ({ value, label: t(value) }))}
          onChange={(method) => begin(startOf(method as "funnel", document))}
        />
        <div className="card analysis-form">
          <Form document={document} names={names} onChange={change} />
          <div className="analysis-field">
            <span className="muted">{t("over")}</span>
            <div className="row">
              <WindowInput
                value={document.over}
                ever={false}
                onChange={(over) => change(set(document, "over", over))}
              />
            </div>
          </div>
          <Who document={document} onChange={change} />
          <div>
            <Button type="primary" loading={query.isFetching} onClick={() => run(document)}>
              {t("run")}
            </Button>
          </div>
        </div>
        {document.method === asked.method ? (
          <Loaded query={query}>
            {(found) => (
              <>
                <Stamp found={found} />
                <Results result={found.result} open={open(found)} />
                <Footing document={asked} found={found} />
              </>
            )}
          </Loaded>
        ) : (
          <EmptyState title={t("toRunTitle")}>{t("toRunText")}</EmptyState>
        )}
      </div>
      {chosen && <Behind key={JSON.stringify(chosen.crowd)} chosen={chosen} close={() => choose(null)} />}
    </>
  );
}

function Who({ document, onChange }: { document: Fields; onChange: (document: Fields) => void }) {
  const t = useTexts(texts);
  const { who } = document;
  return (
    <div className="analysis-field">
      <span className="muted">{t("who")}</span>
      {who === undefined ? (
        <Button onClick={() => onChange({ ...document, who: { all: [{ trait: "", op: "exists" }] } })}>
          {t("everyone")}
        </Button>
      ) : (
        <div className="stack">
          <ConditionBuilder value={who} path="who" onChange={(next) => onChange({ ...document, who: next })} />
          <div>
            <Button size="small" onClick={() => onChange(set(document, "who", undefined))}>
              {t("unrestrict")}
            </Button>
          </div>
        </div>
      )}
    </div>
  );
}

function Stamp({ found: { stamp, result } }: { found: Analysed }) {
  const t = useTexts(texts);
  const format = useFormat();
  const save = () => {
    const text = csvOf(sheetsOf(result as unknown as Record<string, unknown>));
    const link = Object.assign(window.document.createElement("a"), {
      href: URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" })),
      download: `${result.method}.csv`,
    });
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <div className="spread">
      <span className="muted">
        {t("asOf", { time: format.time(stamp.pin.as_of), zone: stamp.zone })}
        {!stamp.complete && ` · ${t("incomplete")}`}
      </span>
      <Button onClick={save}>{t("export")}</Button>
    </div>
  );
}

/** What the numbers rest on: notes, the document, the statements. */
function Footing({ document, found: { stamp } }: { document: Fields; found: Analysed }) {
  const t = useTexts(texts);
  return (
    <>
      {stamp.notes.length > 0 && (
        <Alert
          type="info"
          title={t("notes")}
          description={
            <ul className="analysis-notes">
              {stamp.notes.map((one) => (
                <li key={one}>{one}</li>
              ))}
            </ul>
          }
        />
      )}
      <Collapse
        items={[
          {
            key: "document",
            label: t("document"),
            children: (
              <div className="stack">
                <CodeView value={document} />
                {stamp.sql.map((one, at) => (
                  <CodeView key={at} value={one.text} language="sql" />
                ))}
              </div>
            ),
          },
        ]}
      />
    </>
  );
}
