import { Button, type TableProps } from "antd";

import type { Schema } from "@/shared/api";
import type { Fields } from "@/shared/conditions";
import { useFormat } from "@/shared/format";
import { useTexts } from "@/shared/i18n";
import { DataTable, Diff, EmptyState } from "@/shared/ui";

import { type Definition, useHistory, useSnapshots } from "./queries";
import { texts } from "./texts";

type Snapshot = Schema<"Snapshot">;

/** What the segment was defined as, each version against the one before, and how many people each count found. */
export function Versions({ segment, edit }: { segment: string; edit: (document: Fields) => void }) {
  const t = useTexts(texts);
  const history = useHistory(segment);
  const snapshots = useSnapshots(segment);
  const before = (one: Definition) => history.data?.find(({ version }) => version === one.version - 1)?.document;
  return (
    <div className="stack">
      <h2 className="condition-head">{t("definitions")}</h2>
      <DataTable
        label={t("definitions")}
        rows={history.data}
        rowKey={(one) => one.version}
        columns={useDefinitionColumns(edit)}
        error={history.error}
        expandable={{ expandedRowRender: (one) => <Diff before={before(one)} after={one.document} /> }}
      />
      <h2 className="condition-head">{t("counts")}</h2>
      <DataTable
        label={t("counts")}
        rows={snapshots.data}
        rowKey={(one) => one.version}
        columns={useSnapshotColumns(Math.max(1, ...(snapshots.data ?? []).map(({ size }) => size)))}
        error={snapshots.error}
        empty={<EmptyState title={t("neverCounted")}>{t("neverText")}</EmptyState>}
      />
    </div>
  );
}

function useDefinitionColumns(edit: (document: Fields) => void): TableProps<Definition>["columns"] {
  const t = useTexts(texts);
  const format = useFormat();
  return [
    { title: t("version"), dataIndex: "version" },
    { title: t("at"), render: (_, one) => format.time(one.created_at) },
    { title: t("by"), dataIndex: "author" },
    {
      title: <span className="unseen">{t("takeBack")}</span>,
      render: (_, one) => (
        <Button size="small" onClick={() => edit(one.document as Fields)}>
          {t("takeBack")}
        </Button>
      ),
    },
  ];
}

function useSnapshotColumns(largest: number): TableProps<Snapshot>["columns"] {
  const t = useTexts(texts);
  const format = useFormat();
  return [
    { title: t("version"), dataIndex: "version" },
    { title: t("at"), render: (_, one) => format.time(one.built_at) },
    { title: t("people"), align: "right", render: (_, one) => format.count(one.size) },
    {
      title: t("sizes"),
      width: "40%",
      render: (_, one) => (
        <meter className="snapshot-bar" min={0} max={largest} value={one.size} aria-label={t("people")} />
      ),
    },
  ];
}
