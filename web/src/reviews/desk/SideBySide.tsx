import { Table } from "antd";

import { useTexts } from "@/shared/i18n";
import { EmptyState, LoadingState, ProblemState } from "@/shared/ui";

import { type Row, rowsOf } from "./compare";
import { type Item, usePeopleOf } from "./queries";
import { texts } from "./texts";

const SHOWN = 4;

/** People a question is about beside each other: every identifier and trait, with what agrees and differs. */
export function SideBySide({ item }: { item: Item }) {
  const t = useTexts(texts);
  const shown = item.people.slice(0, SHOWN);
  const queries = usePeopleOf(shown);
  const compared = (row: Row) => (row.agrees === null ? "" : t(row.agrees ? "agrees" : "differs"));
  const failed = queries.find((one) => one.error);
  if (shown.length === 0) return <EmptyState title={t("noPeople")}>{t("noPeopleText")}</EmptyState>;
  if (failed) return <ProblemState error={failed.error} retry={() => void failed.refetch()} />;
  const people = queries.map((one) => one.data).filter((one) => one !== undefined);
  if (people.length < shown.length) return <LoadingState rows={6} />;
  return (
    <>
      {item.people.length > SHOWN && <p className="muted">{t("first", { n: SHOWN, of: item.people.length })}</p>}
      <Table<Row>
        size="small"
        aria-label={t("evidence")}
        dataSource={rowsOf(people)}
        rowKey="key"
        pagination={false}
        rowClassName={(row) => (row.agrees === true ? "agrees" : row.agrees === false ? "differs" : "")}
        columns={[
          {
            title: t("field"),
            className: "desk-value",
            render: (_, row) => (
              <>
                {row.key}
                <div className="muted desk-narrow">{compared(row)}</div>
              </>
            ),
          },
          ...shown.map((id, at) => ({
            title: id,
            className: "desk-value",
            key: id,
            render: (_: unknown, row: Row) => row.values[at]?.map((value) => <div key={value}>{value}</div>) ?? "–",
          })),
          {
            title: t("compared"),
            responsive: ["sm"],
            render: (_, row) => compared(row),
          },
        ]}
      />
    </>
  );
}
