import { App, Button, Input, Segmented, Select, type TableProps } from "antd";
import { Link } from "react-router";

import { useFormat } from "@/shared/format";
import { useUrlState } from "@/shared/hooks";
import { common, useTexts } from "@/shared/i18n";
import { DataTable, EmptyState, PageHeader, useAct, useConfirm } from "@/shared/ui";

import { type Entry, type Filter, QUARANTINE, replayAll, useQuarantine, useSummary } from "./queries";
import { texts } from "./texts";

const START = { source: "", code: "", text: "", hours: 0, replayed: false, before: 0 };

export function QuarantineView() {
  const t = useTexts(texts);
  const shared = useTexts(common);
  const [{ before, ...filter }, set] = useUrlState(START);
  const query = useQuarantine(filter, before);
  const older = query.data?.next_before_id;
  const someOpen = !filter.replayed && (query.data?.entries.length ?? 0) > 0;
  return (
    <>
      <PageHeader title={t("title")} about={t("about")} actions={someOpen && <ReplayAll filter={filter} />} />
      <Filters filter={filter} set={(next) => set({ ...next, before: 0 })} />
      <DataTable
        label={t("title")}
        rows={query.data?.entries}
        rowKey={(entry) => entry.id}
        columns={useColumns()}
        error={query.error}
        retry={() => void query.refetch()}
        fetching={query.isPlaceholderData}
        empty={<Empty filter={filter} />}
      />
      <div className="row" style={{ justifyContent: "flex-end", marginTop: 12 }}>
        {before > 0 && <Button onClick={() => set({ before: 0 })}>{shared("newer")}</Button>}
        {older && <Button onClick={() => set({ before: older })}>{shared("older")}</Button>}
      </div>
    </>
  );
}

function Filters({ filter, set }: { filter: Filter; set: (next: Partial<Filter>) => void }) {
  const t = useTexts(texts);
  const summary = useSummary().data ?? [];
  const options = (chosen: string, any: string, found: string[]) => [
    { value: "", label: any },
    ...[...new Set([...found, chosen])].filter(Boolean).map((value) => ({ value, label: value })),
  ];
  const ages = [
    { value: 0, label: t("anyTime") },
    { value: 1, label: t("lastHour") },
    { value: 24, label: t("lastDay") },
    { value: 168, label: t("lastWeek") },
  ];
  return (
    <div className="filters" role="search">
      <Segmented
        aria-label={t("state")}
        value={filter.replayed ? "replayed" : "open"}
        options={[
          { value: "open", label: t("open") },
          { value: "replayed", label: t("replayed") },
        ]}
        onChange={(value) => set({ replayed: value === "replayed" })}
      />
      <Select
        aria-label={t("source")}
        style={{ width: 180 }}
        value={filter.source}
        options={options(
          filter.source,
          t("anySource"),
          summary.map((one) => one.source),
        )}
        onChange={(source) => set({ source })}
      />
      <Select
        aria-label={t("code")}
        style={{ width: 200 }}
        value={filter.code}
        options={options(
          filter.code,
          t("anyCode"),
          summary.map((one) => one.code),
        )}
        onChange={(code) => set({ code })}
      />
      <Select
        aria-label={t("hours")}
        style={{ width: 160 }}
        value={filter.hours}
        options={ages}
        onChange={(hours) => set({ hours })}
      />
      <Input.Search
        key={filter.text}
        defaultValue={filter.text}
        placeholder={t("text")}
        aria-label={t("text")}
        allowClear
        style={{ width: 240 }}
        onSearch={(text) => set({ text: text.trim() })}
      />
    </div>
  );
}

function ReplayAll({ filter }: { filter: Filter }) {
  const t = useTexts(texts);
  const confirm = useConfirm();
  const { message } = App.useApp();
  const replay = useAct({
    call: replayAll,
    refresh: [QUARANTINE],
    then: (done) => void message.info(t("replayedSome", done)),
  });
  const ask = () =>
    confirm({
      title: t("replayAllTitle"),
      says: t("replayAllSays"),
      verb: t("replayVerb"),
      act: () => replay.mutateAsync(filter),
    });
  return <Button onClick={ask}>{t("replayAll")}</Button>;
}

function Empty({ filter }: { filter: Filter }) {
  const t = useTexts(texts);
  if (filter.source || filter.code || filter.text || filter.hours > 0)
    return <EmptyState title={t("emptyFiltered")}>{t("emptyFilteredText")}</EmptyState>;
  if (filter.replayed) return <EmptyState title={t("emptyReplayed")}>{t("emptyReplayedText")}</EmptyState>;
  return <EmptyState title={t("empty")}>{t("emptyText")}</EmptyState>;
}

function useColumns(): TableProps<Entry>["columns"] {
  const t = useTexts(texts);
  const format = useFormat();
  return [
    {
      title: t("entry"),
      render: (_, { id }) => (
        <Link to={`/data/quarantine/${id}`} aria-label={t("look", { id })}>
          {id}
        </Link>
      ),
    },
    { title: t("at"), render: (_, entry) => <span className="nowrap">{format.time(entry.received_at)}</span> },
    { title: t("source"), dataIndex: "source" },
    {
      title: t("code"),
      width: 440,
      render: (_, entry) => (
        <>
          <code>{entry.code}</code>
          <div className="muted">{entry.reason}</div>
        </>
      ),
    },
    { title: t("kind"), dataIndex: "kind" },
  ];
}
