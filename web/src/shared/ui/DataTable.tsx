import { Table, type TableProps } from "antd";
import type { ReactNode } from "react";

import { common, useTexts } from "../i18n";
import { EmptyState, LoadingState, ProblemState } from "./states";
import "./ui.css";

interface Props<Row> extends Pick<TableProps<Row>, "columns" | "expandable" | "onRow" | "rowSelection" | "onChange"> {
  rows: readonly Row[] | undefined;
  rowKey: (row: Row) => string | number;
  /** For screen readers: what the rows are. */
  label: string;
  error?: unknown;
  retry?: () => void;
  /** While newer rows are on their way, the old ones stay, faded. */
  fetching?: boolean;
  /** What stands in place of no rows; it should teach how rows come to be. */
  empty?: ReactNode;
  /** Server paging; `total` is what the filter has in all. Without it all rows are shown. */
  paging?: { page: number; size: number; total: number; go: (page: number, size: number) => void };
}

/** Rows of the server: paging, sort and filters are asked of it and stand in the address (see useUrlState). */
export function DataTable<Row extends object>(props: Props<Row>) {
  const { rows, rowKey, label, expandable, error, retry, fetching = false, empty, paging, ...rest } = props;
  const t = useTexts(common);
  if (error && rows === undefined) return <ProblemState error={error} retry={retry} />;
  if (rows === undefined) return <LoadingState rows={8} />;
  if (rows.length === 0 && (paging?.page ?? 1) === 1) return empty ?? <EmptyState />;
  return (
    <Table<Row>
      {...rest}
      expandable={expandable && { columnTitle: <span className="unseen">{t("details")}</span>, ...expandable }}
      className="data-table"
      aria-label={label}
      size="middle"
      dataSource={rows}
      rowKey={rowKey}
      loading={fetching}
      scroll={{ x: "max-content" }}
      pagination={
        paging !== undefined && {
          current: paging.page,
          pageSize: paging.size,
          total: paging.total,
          showSizeChanger: true,
          pageSizeOptions: [20, 50, 100],
          showTotal: (n) => t("total", { n: n.toLocaleString() }),
          onChange: paging.go,
          size: "small",
        }
      }
    />
  );
}
