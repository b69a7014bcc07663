import { UserOutlined } from "@ant-design/icons";
import type { TableProps } from "antd";
import type { ReactNode } from "react";
import { Link } from "react-router";

import { useFormat } from "../format";
import { useUrlState } from "../hooks";
import { useTexts } from "../i18n";
import { DataTable, EmptyState } from "../ui";
import { type PersonSummary, usePeople } from "./queries";
import { texts } from "./texts";

interface Props {
  /** Of whom; everyone without it. */
  condition?: Record<string, unknown>;
  /** Traits that get a column each. */
  traits?: readonly string[];
  /** A trait's name as people read it. */
  nameOf?: (trait: string) => string;
  empty?: ReactNode;
}

const START = { page: 1, size: 50, order: "arrival", down: false };

/** The list of people, wherever one is shown: paged and sorted by the server, its state in the address. */
export function PeopleTable({ condition = { everyone: true }, traits = [], nameOf = (trait) => trait, empty }: Props) {
  const t = useTexts(texts);
  const format = useFormat();
  const [state, set] = useUrlState(START);
  const byTrait = !["arrival", "last_seen"].includes(state.order);
  const query = usePeople({
    condition,
    traits: [...traits],
    order_by: byTrait ? "trait" : (state.order as "arrival" | "last_seen"),
    order_trait: byTrait ? state.order : "",
    descending: state.down,
    limit: state.size,
    offset: (state.page - 1) * state.size,
  });
  const sorted = (key: string) => ({
    key,
    sorter: true,
    sortOrder: state.order === key ? (state.down ? ("descend" as const) : ("ascend" as const)) : null,
  });
  const columns: TableProps<PersonSummary>["columns"] = [
    {
      title: t("person"),
      key: "person",
      render: (_, person) => (
        <Link to={`/people/${encodeURIComponent(person.public_id)}`}>{person.name || person.public_id}</Link>
      ),
    },
    ...traits.map((trait) => ({
      title: nameOf(trait),
      ...sorted(trait),
      render: (_: unknown, person: PersonSummary) => String(person.traits[trait] ?? "–"),
    })),
    {
      title: t("lastSeen"),
      ...sorted("last_seen"),
      render: (_, person) => <span className="nowrap">{format.time(person.last_seen)}</span>,
    },
  ];
  return (
    <DataTable
      label={t("people")}
      rows={query.data?.people}
      rowKey={(person) => person.public_id}
      columns={columns}
      error={query.error}
      retry={() => void query.refetch()}
      fetching={query.isPlaceholderData}
      empty={
        empty ?? (
          <EmptyState title={t("nobody")} icon={<UserOutlined />}>
            {t("nobodyText")}
          </EmptyState>
        )
      }
      paging={{
        page: state.page,
        size: state.size,
        total: query.data?.total ?? 0,
        go: (page, size) => set({ page: size === state.size ? page : 1, size }),
      }}
      onChange={(_, __, sort, { action }) => {
        if (action !== "sort" || Array.isArray(sort)) return;
        set({ order: sort.order ? String(sort.columnKey) : START.order, down: sort.order === "descend", page: 1 });
      }}
    />
  );
}
