import { Alert, Card, Segmented, Table, Tag } from "antd";
import { lazy, Suspense, useState } from "react";

import { useFormat } from "@/shared/format";
import { useUrlState } from "@/shared/hooks";
import { useTexts } from "@/shared/i18n";
import { EmptyState, Loaded, LoadingState } from "@/shared/ui";

import { type Profile, useLinks } from "../queries";
import { texts } from "../texts";
import { worded } from "../words";
import { Evidence } from "./Evidence";
import { type Pair, keyOf, pairsOf, placed } from "./graph";

const Graph = lazy(() => import("./Graph"));
/** Beyond so many identifiers a drawing says nothing; the table does. */
const DRAWN_MAX = 80;

/** Which identifiers are this person, and why: as a drawing, and as a table for keyboards and readers. */
export function Identities({ person }: { person: Profile }) {
  const t = useTexts(texts);
  const [state, set] = useUrlState({ links: "graph" });
  const [chosen, choose] = useState<string>("");
  const query = useLinks(person.public_id);
  return (
    <div className="stack">
      <Card title={t("identifiers")} size="small">
        <Identifiers person={person} />
      </Card>
      <Loaded query={query} rows={6}>
        {(links) => {
          const pairs = pairsOf(links);
          const nodes = placed(person.identities, pairs);
          const drawn = state.links === "graph" && nodes.length <= DRAWN_MAX;
          return (
            <Card
              title={t("why")}
              size="small"
              extra={
                <Segmented
                  aria-label={t("shownAs")}
                  value={drawn ? "graph" : "table"}
                  onChange={(links) => set({ links })}
                  options={[
                    { value: "graph", label: t("graph"), disabled: nodes.length > DRAWN_MAX },
                    { value: "table", label: t("table") },
                  ]}
                />
              }
            >
              {pairs.length === 0 && <EmptyState title={t("noLinks")}>{t("noLinksText")}</EmptyState>}
              {nodes.length > DRAWN_MAX && <Alert type="info" title={t("tooMany", { n: nodes.length })} />}
              {pairs.length > 0 &&
                (drawn ? (
                  <div className="graph-and-evidence">
                    <Suspense fallback={<LoadingState rows={8} />}>
                      <Graph nodes={nodes} pairs={pairs} chosen={chosen} choose={choose} />
                    </Suspense>
                    <Evidence pair={pairs.find((one) => one.id === chosen)} />
                  </div>
                ) : (
                  <Links pairs={pairs} />
                ))}
            </Card>
          );
        }}
      </Loaded>
    </div>
  );
}

function Identifiers({ person }: { person: Profile }) {
  const t = useTexts(texts);
  const format = useFormat();
  return (
    <Table
      size="small"
      aria-label={t("identifiers")}
      dataSource={person.identities}
      rowKey={(one) => keyOf([one.namespace, one.value])}
      pagination={person.identities.length > 20 && { pageSize: 20, size: "small" }}
      scroll={{ x: "max-content" }}
      columns={[
        { title: t("namespace"), dataIndex: "namespace" },
        { title: t("value"), render: (_, one) => <code>{one.value}</code> },
        {
          title: t("state"),
          render: (_, one) => (
            <Tag color={one.state === "active" ? "success" : "warning"}>{worded(t, "state", one.state)}</Tag>
          ),
        },
        { title: t("firstSeen"), render: (_, one) => format.date(one.first_seen) },
        { title: t("lastSeen"), render: (_, one) => format.date(one.last_seen) },
      ]}
    />
  );
}

function Links({ pairs }: { pairs: Pair[] }) {
  const t = useTexts(texts);
  return (
    <Table<Pair>
      size="small"
      aria-label={t("why")}
      dataSource={pairs}
      rowKey="id"
      pagination={pairs.length > 20 && { pageSize: 20, size: "small" }}
      scroll={{ x: "max-content" }}
      expandable={{
        columnTitle: <span className="unseen">{t("details")}</span>,
        expandedRowRender: (pair) => <Evidence pair={pair} />,
      }}
      columns={[
        { title: t("one"), render: (_, pair) => <code>{keyOf(pair.a)}</code> },
        { title: t("other"), render: (_, pair) => <code>{keyOf(pair.b)}</code> },
        {
          title: t("verdict"),
          render: (_, pair) => <Tag color={pair.joins ? "success" : "error"}>{t(pair.joins ? "joined" : "apart")}</Tag>,
        },
        { title: t("source"), render: (_, pair) => [...new Set(pair.links.map((link) => link.source))].join(", ") },
        { title: t("times"), align: "right", render: (_, pair) => pair.links.length },
      ]}
    />
  );
}
