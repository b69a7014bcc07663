import { Skeleton, Tabs } from "antd";
import { Link } from "react-router";

import { useFormat } from "../format";
import { useLanguage, useTexts } from "../i18n";
import { CodeView, ProblemState } from "../ui";
import type { Json } from "./document";
import { type Inspection, useCount } from "./queries";
import { texts } from "./texts";

interface Props {
  /** The document as it stood a moment ago. */
  condition: Json;
  inspection: Inspection | undefined;
}

/** What a condition means now: its people counted, its words in both languages, its SQL. */
export function ConditionReading({ condition, inspection }: Props) {
  const t = useTexts(texts);
  const language = useLanguage();
  const reads = inspection?.reads;
  const sql = inspection?.sql;
  return (
    <aside className="card stack condition-reading" aria-label={t("meaning")} aria-live="polite">
      <Count condition={condition} right={inspection?.problems.length === 0} known={inspection !== undefined} />
      {reads && (
        <div>
          <h2 className="condition-head">{t("reads")}</h2>
          {(language === "zh" ? (["zh", "en"] as const) : (["en", "zh"] as const)).map((one, at) => (
            <p key={one} lang={one} className={at === 0 ? "" : "muted"}>
              {reads[one]}
            </p>
          ))}
        </div>
      )}
      <Tabs
        size="small"
        items={[
          { key: "document", label: t("document"), children: <CodeView value={condition} /> },
          ...(sql
            ? [
                {
                  key: "sql",
                  label: t("sql"),
                  children: (
                    <div className="stack">
                      <CodeView value={sql.text} language="sql" />
                      <CodeView value={sql.parameters} />
                    </div>
                  ),
                },
              ]
            : []),
        ]}
      />
    </aside>
  );
}

function Count({ condition, right, known }: { condition: Json; right: boolean; known: boolean }) {
  const t = useTexts(texts);
  const format = useFormat();
  const query = useCount(condition, right);
  if (known && !right) return <p className="muted condition-count">{t("mendFirst")}</p>;
  if (query.error && !query.isFetching) return <ProblemState error={query.error} retry={() => void query.refetch()} />;
  if (query.data === undefined) return <Skeleton active title={{ width: 120 }} paragraph={{ rows: 1 }} />;
  const { size, everyone, sample } = query.data;
  return (
    <div className={query.isFetching ? "condition-count condition-stale" : "condition-count"}>
      <p>
        <strong className="condition-size">{t("people", { n: format.count(size) })}</strong>
      </p>
      {everyone > 0 && <p className="muted">{t("ofEveryone", { share: format.share(size / everyone) })}</p>}
      {sample.length > 0 && (
        <p className="condition-samples">
          <span className="muted">{t("sample")}:</span>
          {sample.map((id) => (
            <Link key={id} to={`/people/${encodeURIComponent(id)}`} className="condition-sample">
              {id}
            </Link>
          ))}
        </p>
      )}
    </div>
  );
}
