import { Button, Input, type TableProps } from "antd";

import { useFormat } from "@/shared/format";
import { useUrlState } from "@/shared/hooks";
import { common, useTexts } from "@/shared/i18n";
import { CodeView, DataTable, EmptyState, PageHeader } from "@/shared/ui";

import { type Entry, useAudit } from "./queries";
import { texts } from "./texts";

const START = { actor: "", verb: "", target: "", before: 0 };
const FILTERS = ["actor", "verb", "target"] as const;

export function AuditView() {
  const t = useTexts(texts);
  const shared = useTexts(common);
  const [state, set] = useUrlState(START);
  const query = useAudit(state);
  const older = query.data?.next_before_seq;
  const filtered = FILTERS.some((name) => state[name] !== "");
  return (
    <>
      <PageHeader title={t("title")} about={t("about")} />
      <div className="filters" role="search">
        {FILTERS.map((name) => (
          <Input.Search
            key={name + state[name]}
            defaultValue={state[name]}
            placeholder={t(name)}
            aria-label={t(name)}
            allowClear
            style={{ width: 240 }}
            onSearch={(value) => set({ [name]: value.trim(), before: 0 })}
          />
        ))}
      </div>
      <DataTable
        label={t("title")}
        rows={query.data?.entries}
        rowKey={(entry) => entry.seq}
        columns={useColumns()}
        expandable={{ expandedRowRender: (entry) => <CodeView value={{ ...entry.detail, hash: entry.hash }} /> }}
        error={query.error}
        retry={() => void query.refetch()}
        fetching={query.isPlaceholderData}
        empty={
          <EmptyState title={t(filtered ? "emptyFiltered" : "empty")}>
            {t(filtered ? "emptyFilteredText" : "emptyText")}
          </EmptyState>
        }
      />
      <div className="row" style={{ justifyContent: "flex-end", marginTop: 12 }}>
        {state.before > 0 && <Button onClick={() => set({ before: 0 })}>{shared("newer")}</Button>}
        {older && <Button onClick={() => set({ before: older })}>{shared("older")}</Button>}
      </div>
    </>
  );
}

function useColumns(): TableProps<Entry>["columns"] {
  const t = useTexts(texts);
  const format = useFormat();
  return [
    { title: t("at"), render: (_, entry) => <span className="nowrap">{format.time(entry.at)}</span> },
    { title: t("actor"), dataIndex: "actor" },
    { title: t("verb"), render: (_, entry) => <code>{entry.verb}</code> },
    { title: t("target"), dataIndex: "target" },
    { title: t("origin"), dataIndex: "origin" },
  ];
}
