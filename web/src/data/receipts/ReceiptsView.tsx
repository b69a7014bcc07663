import { PauseOutlined, PlayCircleOutlined } from "@ant-design/icons";
import { Button, Input, Select, type TableProps, Tag } from "antd";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";

import { useFormat } from "@/shared/format";
import { useUrlState } from "@/shared/hooks";
import { common, useTexts } from "@/shared/i18n";
import { DataTable, EmptyState, PageHeader } from "@/shared/ui";

import { type Receipt, VERDICTS, type Verdict, useReceipts } from "./queries";
import { OneReceipt } from "./OneReceipt";
import { texts } from "./texts";

const START = { source: "", name: "", verdict: "", message: "", cursor: "" };
const TYPED = ["source", "name", "message"] as const;
const COLOURS: Record<Verdict, string> = {
  ok: "success",
  warning: "warning",
  quarantined: "error",
  duplicate: "default",
  suppressed: "default",
};

export function ReceiptsView() {
  const t = useTexts(texts);
  const shared = useTexts(common);
  const [live, setLive] = useState(true);
  const [state, set] = useUrlState(START);
  const query = useReceipts(state, live && state.cursor === "");
  const older = query.data?.next;
  const filtered = state.source || state.name || state.verdict;
  const toggle = (
    <Button
      icon={live ? <PauseOutlined aria-hidden /> : <PlayCircleOutlined aria-hidden />}
      onClick={() => setLive(!live)}
    >
      {t(live ? "pause" : "goOn")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("title")} about={t("about")} actions={toggle} />
      <div className="filters" role="search">
        {TYPED.map((name) => (
          <Input.Search
            key={name + state[name]}
            defaultValue={state[name]}
            placeholder={t(name)}
            aria-label={t(name)}
            allowClear
            style={{ width: name === "message" ? 300 : 200 }}
            onSearch={(value) => set({ [name]: value.trim(), cursor: "" })}
          />
        ))}
        <Select
          aria-label={t("verdict")}
          style={{ width: 160 }}
          value={state.verdict}
          options={[{ value: "", label: t("anyVerdict") }, ...VERDICTS.map((value) => ({ value, label: t(value) }))]}
          onChange={(verdict) => set({ verdict, cursor: "" })}
        />
      </div>
      {state.message && (
        <OneReceipt source={state.source} message={state.message} live={live} close={() => set({ message: "" })} />
      )}
      <DataTable
        label={t("title")}
        rows={query.data?.receipts}
        rowKey={(one) => `${one.batch_id}/${one.source}/${one.message_id}/${one.quarantine_id}`}
        columns={useColumns()}
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
        {state.cursor && <Button onClick={() => set({ cursor: "" })}>{shared("newer")}</Button>}
        {older && <Button onClick={() => set({ cursor: older })}>{shared("older")}</Button>}
      </div>
    </>
  );
}

function useColumns(): TableProps<Receipt>["columns"] {
  const t = useTexts(texts);
  const format = useFormat();
  const [search] = useSearchParams();
  const to = ({ source, message_id }: Receipt) => {
    const next = new URLSearchParams(search);
    next.set("source", source);
    next.set("message", message_id);
    return `?${next.toString()}`;
  };
  return [
    { title: t("at"), render: (_, one) => <span className="nowrap">{format.time(one.received_at)}</span> },
    { title: t("source"), dataIndex: "source" },
    { title: t("name"), render: (_, one) => one.name || "–" },
    { title: t("verdict"), render: (_, one) => <Tag color={COLOURS[one.verdict]}>{t(one.verdict)}</Tag> },
    { title: t("progress"), render: (_, one) => t(one.progress) },
    {
      title: t("message"),
      render: (_, one) => (one.message_id ? <Link to={to(one)}>{one.message_id}</Link> : "–"),
    },
  ];
}
