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
  const heaviest = Math.max(...item.evidence.map((one) => Math.abs(one.bits)), 1);
  return (
    <Table<Field>
      size="small"
      aria-label={t("evidence")}
      dataSource={item.evidence}
      rowKey="field"
      pagination={false}
      scroll={{ x: "max-content" }}
      rowClassName={(one) => (one.agrees === true ? "agrees" : one.agrees === false ? "differs" : "")}
      columns={[
        { title: t("field"), dataIndex: "field" },
        { title: item.people[0] ?? "–", className: "desk-value", render: (_, one) => one.a ?? "–" },
        { title: item.people[1] ?? "–", className: "desk-value", render: (_, one) => one.b ?? "–" },
        { title: t("compared"), dataIndex: "level" },
        {
          title: <span title={t("bitsHint")}>{t("bits")}</span>,
          align: "right",
          render: (_, one) => (
            <span className="desk-bits">
              <span
                className={one.bits < 0 ? "desk-bar desk-bar-against" : "desk-bar"}
                style={{ width: `${(Math.abs(one.bits) / heaviest) * 48}px` }}
                aria-hidden
              />
              {(one.bits > 0 ? "+" : "") + format.count(Math.round(one.bits * 10) / 10)}
            </span>
          ),
        },
      ]}
    />
  );
}
