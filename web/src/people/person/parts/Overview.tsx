import { Card, Table, Tooltip } from "antd";

import { useFormat } from "@/shared/format";
import { useTexts } from "@/shared/i18n";
import { EmptyState } from "@/shared/ui";

import type { Profile } from "../queries";
import { texts } from "../texts";
import { BY_HAND, Groups } from "./Groups";

type Trait = Profile["traits"][number];

export function Overview({ person }: { person: Profile }) {
  const t = useTexts(texts);
  return (
    <div className="overview">
      <Card title={t("traits")} size="small">
        <Traits traits={person.traits.filter((one) => !one.key.startsWith(BY_HAND))} />
      </Card>
      <div className="stack">
        <Groups person={person} />
        <Card title={t("activity")} size="small">
          <Counts person={person} />
        </Card>
      </div>
    </div>
  );
}

/** Every trait with who said it, when, and by which rule it was chosen from what else was said. */
function Traits({ traits }: { traits: readonly Trait[] }) {
  const t = useTexts(texts);
  const format = useFormat();
  if (traits.length === 0) return <EmptyState title={t("noTraits")}>{t("noTraitsText")}</EmptyState>;
  return (
    <Table<Trait>
      size="small"
      aria-label={t("traits")}
      dataSource={traits}
      rowKey="key"
      pagination={traits.length > 25 && { pageSize: 25, size: "small" }}
      scroll={{ x: "max-content" }}
      expandable={{
        columnTitle: <span className="unseen">{t("details")}</span>,
        showExpandColumn: traits.some((trait) => trait.others.length > 0),
        rowExpandable: (trait) => trait.others.length > 0,
        expandedRowRender: (trait) => <Others trait={trait} />,
      }}
      columns={[
        { title: t("trait"), dataIndex: "key" },
        { title: t("value"), className: "trait-value", render: (_, trait) => shown(trait.chosen.value) },
        { title: t("source"), render: (_, trait) => trait.chosen.source, responsive: ["sm"] },
        {
          title: t("rule"),
          responsive: ["md"],
          render: (_, trait) => (
            <Tooltip title={t("ruleHint", { n: trait.candidates })}>
              <span tabIndex={0}>{trait.policy}</span>
            </Tooltip>
          ),
        },
        { title: t("at"), responsive: ["sm"], render: (_, trait) => format.date(trait.chosen.at) },
      ]}
    />
  );
}

function Others({ trait }: { trait: Trait }) {
  const t = useTexts(texts);
  const format = useFormat();
  return (
    <div>
      <div className="muted">{t("alsoSaid")}</div>
      <ul className="plain">
        {trait.others.map((one, at) => (
          <li key={at}>
            {shown(one.value)}{" "}
            <span className="muted">
              {one.source}, {format.date(one.at)}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Counts({ person }: { person: Profile }) {
  const t = useTexts(texts);
  const format = useFormat();
  const rows = person.counters.events;
  if (rows.length === 0) return <EmptyState title={t("noEvents")}>{t("noEventsText")}</EmptyState>;
  return (
    <Table
      size="small"
      aria-label={t("activity")}
      dataSource={rows}
      rowKey="name"
      pagination={rows.length > 12 && { pageSize: 12, size: "small" }}
      columns={[
        { title: t("event"), dataIndex: "name" },
        { title: t("count"), align: "right", render: (_, one) => format.count(one.count) },
        { title: t("lastAt"), align: "right", render: (_, one) => format.date(one.last_at) },
      ]}
    />
  );
}

function shown(value: unknown): string {
  return value === null || value === undefined ? "–" : String(value);
}
