import { Table } from "antd";

import { useFormat } from "@/shared/format";
import { useTexts } from "@/shared/i18n";

import type { Item } from "./queries";
import { texts } from "./texts";

type Field = Item["evidence"][number];

/** What each field of a pair says: both values, how they compare, and how much that weighs. */
export function Evidence({ item }: { item: Item }) {
  const t = useTexts(texts);
  const format = useFormat();
  const weight = (bits: number) => (bits > 0 ? "+" : "") + format.count(Math.round(bits * 10) / 10);
  const heaviest = Math.max(...item.evidence.map((one) => Math.abs(one.bits)), 1);
  return (
    <Table<Field>
      size="small"
      aria-label={t("evidence")}
      dataSource={item.evidence}
      rowKey="field"
      pagination={false}
      rowClassName={(one) => (one.agrees === true ? "agrees" : one.agrees === false ? "differs" : "")}
      columns={[
        {
          title: t("field"),
          className: "desk-value",
          render: (_, one) => (
            <>
              {one.field}
              <div className="muted desk-narrow">{`${one.level} · ${weight(one.bits)}`}</div>
            </>
          ),
        },
        { title: item.people[0] ?? "–", className: "desk-value", render: (_, one) => one.a ?? "–" },
        { title: item.people[1] ?? "–", className: "desk-value", render: (_, one) => one.b ?? "–" },
        { title: t("compared"), dataIndex: "level", responsive: ["sm"] },
        {
          title: <span title={t("bitsHint")}>{t("bits")}</span>,
          align: "right",
          responsive: ["sm"],
          render: (_, one) => (
            <span className="desk-bits">
              <span
                className={one.bits < 0 ? "desk-bar desk-bar-against" : "desk-bar"}
                style={{ width: `${(Math.abs(one.bits) / heaviest) * 48}px` }}
                aria-hidden
              />
              {weight(one.bits)}
            </span>
          ),
        },
      ]}
    />
  );
}
