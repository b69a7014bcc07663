import { Button, Table } from "antd";

import { useFormat } from "@/shared/format";
import { useTexts } from "@/shared/i18n";
import { EmptyState, Loaded } from "@/shared/ui";

import { type Entry, type Profile, useEntries } from "../queries";
import { texts } from "../texts";

interface Order {
  id: string;
  /** Newest first. */
  lines: Entry[];
}

/** Orders, newest first, each with what was said about it: bought, paid, refunded, line by line. */
export function Orders({ person }: { person: Profile }) {
  const t = useTexts(texts);
  const names = person.counters.events.map((one) => one.name).filter((name) => /order|refund|订单|退款/i.test(name));
  if (names.length === 0) return <EmptyState title={t("noOrders")}>{t("noOrdersText")}</EmptyState>;
  return <Found publicId={person.public_id} names={names} />;
}

function Found({ publicId, names }: { publicId: string; names: string[] }) {
  const t = useTexts(texts);
  const format = useFormat();
  const query = useEntries(publicId, names, 0);
  return (
    <Loaded query={query} rows={8}>
      {({ pages }) => (
        <>
          <Table<Order>
            aria-label={t("orders")}
            size="middle"
            dataSource={grouped(pages.flatMap((page) => page.entries))}
            rowKey="id"
            pagination={false}
            scroll={{ x: "max-content" }}
            expandable={{
              columnTitle: <span className="unseen">{t("details")}</span>,
              expandedRowRender: (order) => <Lines lines={order.lines} />,
            }}
            columns={[
              { title: t("orderNo"), className: "order-number", render: (_, order) => order.id },
              { title: t("at"), render: (_, order) => format.date(order.lines.at(-1)?.at) },
              {
                title: t("source"),
                responsive: ["sm"],
                render: (_, order) => [...new Set(order.lines.map((one) => one.source))].join(", "),
              },
              { title: t("total"), align: "right", render: (_, order) => total(order.lines, format.money) },
              { title: t("lines"), align: "right", responsive: ["sm"], render: (_, order) => order.lines.length },
            ]}
          />
          {query.hasNextPage && (
            <Button className="more" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              {t("older")}
            </Button>
          )}
        </>
      )}
    </Loaded>
  );
}

function Lines({ lines }: { lines: Entry[] }) {
  const t = useTexts(texts);
  const format = useFormat();
  return (
    <Table<Entry>
      size="small"
      aria-label={t("lines")}
      dataSource={lines}
      rowKey="message_id"
      pagination={false}
      columns={[
        { title: t("event"), dataIndex: "name" },
        { title: t("product"), render: (_, one) => one.product_id || String(one.properties["product"] ?? "–") },
        { title: t("quantity"), align: "right", render: (_, one) => String(one.properties["quantity"] ?? "–") },
        {
          title: t("amount"),
          align: "right",
          render: (_, one) => (one.revenue_minor === 0 ? "–" : format.money(one.revenue_minor, one.currency)),
        },
        { title: t("at"), render: (_, one) => format.time(one.at) },
      ]}
    />
  );
}

function grouped(entries: Entry[]): Order[] {
  const orders = new Map<string, Entry[]>();
  for (const entry of entries) {
    const id = entry.order_id || entry.message_id;
    const lines = orders.get(id);
    if (lines) lines.push(entry);
    else orders.set(id, [entry]);
  }
  return [...orders].map(([id, lines]) => ({ id, lines }));
}

function total(lines: Entry[], money: (minor: number, currency: string) => string): string {
  const sums = new Map<string, number>();
  for (const line of lines) {
    if (line.revenue_minor !== 0) sums.set(line.currency, (sums.get(line.currency) ?? 0) + line.revenue_minor);
  }
  return [...sums].map(([currency, minor]) => money(minor, currency)).join(" + ") || "–";
}
