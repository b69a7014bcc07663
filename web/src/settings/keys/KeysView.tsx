import { PlusOutlined } from "@ant-design/icons";
import { Button, type TableProps, Tag } from "antd";
import { useState } from "react";

import { useFormat } from "@/shared/format";
import { common, useTexts } from "@/shared/i18n";
import { DataTable, EmptyState, PageHeader, useAct, useConfirm } from "@/shared/ui";

import { KEYS, type Key, revokeKey, useKeys } from "./queries";
import { KeyDialog } from "./KeyDialog";
import { texts } from "./texts";

export function KeysView() {
  const t = useTexts(texts);
  const query = useKeys();
  const [making, setMaking] = useState(false);
  const make = (
    <Button type="primary" icon={<PlusOutlined aria-hidden />} onClick={() => setMaking(true)}>
      {t("make")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("title")} about={t("about")} actions={make} />
      <DataTable
        label={t("title")}
        rows={query.data}
        rowKey={(key) => key.id}
        columns={useColumns()}
        error={query.error}
        retry={() => void query.refetch()}
        empty={
          <EmptyState title={t("empty")} action={make}>
            {t("emptyText")}
          </EmptyState>
        }
      />
      {making && <KeyDialog close={() => setMaking(false)} />}
    </>
  );
}

function useColumns(): TableProps<Key>["columns"] {
  const t = useTexts(texts);
  const shared = useTexts(common);
  const format = useFormat();
  const confirm = useConfirm();
  const end = useAct({ call: revokeKey, refresh: [KEYS], done: t("endDone") });
  const ask = (key: Key) =>
    confirm({
      title: t("endTitle", { name: key.name }),
      says: t(key.kind === "write" ? "endWrite" : "endToken"),
      verb: t("end"),
      danger: true,
      act: () => end.mutateAsync(key.id),
    });
  return [
    { title: t("name"), dataIndex: "name" },
    { title: t("kind"), render: (_, key) => t(key.kind === "write" ? "write" : "token") },
    { title: t("channel"), render: (_, key) => key.channel || "–" },
    { title: t("key"), render: (_, key) => <code>{key.shown}</code> },
    { title: t("made"), render: (_, key) => <span className="nowrap">{format.time(key.created_at)}</span> },
    {
      title: t("state"),
      render: (_, key) =>
        key.revoked_at === null ? (
          <Tag color="success">{t("living")}</Tag>
        ) : (
          <Tag>{t("ended", { at: format.date(key.revoked_at) })}</Tag>
        ),
    },
    {
      key: "end",
      title: <span className="unseen">{shared("actions")}</span>,
      align: "right",
      render: (_, key) =>
        key.revoked_at === null && (
          <Button size="small" onClick={() => ask(key)}>
            {t("end")}
          </Button>
        ),
    },
  ];
}
