import { Descriptions } from "antd";
import { Link, useParams } from "react-router";

import { useFormat } from "@/shared/format";
import { useTexts } from "@/shared/i18n";
import { CodeView, Loaded, PageHeader } from "@/shared/ui";

import "../data.css";
import { Mending } from "./Mending";
import { type Entry, useEntry } from "./queries";
import { texts } from "./texts";

/** One entry: its reason, its bytes, and the bench on which it is mended. */
export function EntryView() {
  const t = useTexts(texts);
  const id = Number(useParams()["id"]);
  const query = useEntry(id);
  return (
    <>
      <PageHeader
        title={t("entryTitle", { id })}
        about={query.data?.reason}
        actions={<Link to="/data/quarantine">{t("back")}</Link>}
      />
      <Loaded query={query}>
        {(entry) => (
          <div className="stack">
            <Facts entry={entry} />
            <section className="card data-part">
              <h2>{t("bytes")}</h2>
              <CodeView value={laidOut(entry.raw)} language={entry.raw.startsWith("{") ? "json" : "text"} />
            </section>
            {entry.replayed_at === null && <Mending entry={entry} />}
          </div>
        )}
      </Loaded>
    </>
  );
}

function Facts({ entry }: { entry: Entry }) {
  const t = useTexts(texts);
  const format = useFormat();
  const receipt = `/data/receipts?${new URLSearchParams({ source: entry.source, message: entry.message_id }).toString()}`;
  const facts = [
    { key: "source", label: t("source"), children: entry.source },
    { key: "at", label: t("at"), children: format.time(entry.received_at) },
    { key: "kind", label: t("kind"), children: entry.kind },
    { key: "code", label: t("code"), children: <code>{entry.code}</code> },
    { key: "field", label: t("field"), children: <code>{entry.field || "–"}</code> },
    {
      key: "message",
      label: t("message"),
      children: entry.message_id ? <Link to={receipt}>{entry.message_id}</Link> : "–",
    },
  ];
  if (entry.replayed_at)
    facts.push({ key: "replayed", label: t("replayedAt"), children: format.time(entry.replayed_at) });
  return <Descriptions bordered size="small" column={{ xs: 1, md: 2 }} items={facts} />;
}

/** JSON with its lines; anything else as it is. */
export function laidOut(raw: string): string {
  try {
    return JSON.stringify(JSON.parse(raw), null, 2);
  } catch {
    return raw;
  }
}
