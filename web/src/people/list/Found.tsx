import { Alert } from "antd";
import { Link } from "react-router";

import { useFormat } from "@/shared/format";
import { useTexts } from "@/shared/i18n";
import { usePeopleSearch } from "@/shared/people";
import { DataTable, EmptyState } from "@/shared/ui";

import { texts } from "./texts";

const MOST = 100;

/** Whom a search finds, best first, and by what. */
export function Found({ q }: { q: string }) {
  const t = useTexts(texts);
  const format = useFormat();
  const query = usePeopleSearch(q, MOST);
  return (
    <>
      {query.data?.length === MOST && <Alert type="info" title={t("more", { n: MOST })} />}
      <DataTable
        label={t("found")}
        rows={query.data}
        rowKey={(one) => one.public_id}
        error={query.error}
        retry={() => void query.refetch()}
        fetching={query.isPlaceholderData}
        empty={<EmptyState title={t("notFound", { q })}>{t("notFoundText")}</EmptyState>}
        columns={[
          {
            title: t("person"),
            render: (_, one) => (
              <Link to={`/people/${encodeURIComponent(one.public_id)}`}>{one.name || one.public_id}</Link>
            ),
          },
          { title: t("by"), dataIndex: "why" },
          { title: t("city"), render: (_, one) => String(one.traits["city"] ?? "–"), responsive: ["sm"] },
          {
            title: t("lastSeen"),
            render: (_, one) => <span className="nowrap">{format.date(one.last_seen)}</span>,
          },
        ]}
      />
    </>
  );
}
