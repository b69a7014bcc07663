import { PlusOutlined } from "@ant-design/icons";
import { Button, Input, Select, type TableProps } from "antd";
import { Link, useNavigate } from "react-router";

import { useFormat } from "@/shared/format";
import { useUrlState } from "@/shared/hooks";
import { useSaid, useTexts } from "@/shared/i18n";
import { DataTable, EmptyState, PageHeader, useAct } from "@/shared/ui";

import { type Segment, refreshAll, useSegments } from "./queries";
import { texts } from "./texts";

const START = { q: "", owner: "", order: "name", down: false };

export function SegmentListView() {
  const t = useTexts(texts);
  const navigate = useNavigate();
  const [state, set] = useUrlState(START);
  const query = useSegments();
  const shown = useShown(query.data, state);
  const owners = [...new Set(query.data?.map((one) => one.owner))].sort();
  const refresh = useAct({ call: refreshAll, refresh: [["segments"]], done: t("refreshed") });
  const create = (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => void navigate("/segments/new")}>
      {t("create")}
    </Button>
  );
  const started = query.data !== undefined && query.data.length > 0;
  return (
    <>
      <PageHeader
        title={t("title")}
        about={t("about")}
        actions={
          started && (
            <>
              <Button loading={refresh.isPending} onClick={() => refresh.mutate(undefined)}>
                {t("refresh")}
              </Button>
              {create}
            </>
          )
        }
      />
      {started && (
        <div className="filters" role="search">
          <Input.Search
            key={state.q}
            defaultValue={state.q}
            placeholder={t("search")}
            aria-label={t("search")}
            allowClear
            style={{ width: 280 }}
            onSearch={(q) => set({ q: q.trim() })}
          />
          <Select
            aria-label={t("owner")}
            style={{ width: 180 }}
            value={state.owner}
            options={[{ value: "", label: t("anyOwner") }, ...owners.map((value) => ({ value, label: value }))]}
            onChange={(owner) => set({ owner })}
          />
        </div>
      )}
      <DataTable
        label={t("title")}
        rows={shown}
        rowKey={(one) => one.key}
        columns={useColumns(state)}
        error={query.error}
        retry={() => void query.refetch()}
        onChange={(_, __, sort, { action }) => {
          if (action !== "sort" || Array.isArray(sort)) return;
          set({ order: sort.order ? String(sort.columnKey) : START.order, down: sort.order === "descend" });
        }}
        empty={
          <EmptyState title={t(started ? "none" : "empty")} action={started ? undefined : create}>
            {t(started ? "noneText" : "emptyText")}
          </EmptyState>
        }
      />
    </>
  );
}

const VALUES: Record<string, (one: Segment) => string | number> = {
  name: (one) => one.name.en ?? one.key,
  size: (one) => one.size ?? -1,
  built: (one) => one.built_at ?? "",
};

function useShown(all: readonly Segment[] | undefined, { q, owner, order, down }: typeof START | State) {
  const said = useSaid();
  const value = VALUES[order] ?? said;
  const words = (one: Segment) =>
    `${one.key} ${Object.values(one.name).join(" ")} ${said({ ...one.reads })}`.toLowerCase();
  const kept = all?.filter((one) => (owner === "" || one.owner === owner) && words(one).includes(q.toLowerCase()));
  return kept?.sort((a, b) => {
    const [one, other] = [value(a as never), value(b as never)];
    const before = typeof one === "number" ? one - Number(other) : String(one).localeCompare(String(other));
    return down ? -before : before;
  });
}

interface State {
  q: string;
  owner: string;
  order: string;
  down: boolean;
}

function useColumns(state: State): TableProps<Segment>["columns"] {
  const t = useTexts(texts);
  const said = useSaid();
  const format = useFormat();
  const sorted = (key: string) => ({
    key,
    sorter: true,
    sortOrder: state.order === key ? (state.down ? ("descend" as const) : ("ascend" as const)) : null,
  });
  return [
    {
      title: t("name"),
      ...sorted("name"),
      render: (_, one) => (
        <>
          <Link to={`/segments/${one.key}`}>{said(one.name)}</Link>
          <div className="muted">
            <code>{one.key}</code>
          </div>
        </>
      ),
    },
    { title: t("size"), ...sorted("size"), align: "right", render: (_, one) => format.count(one.size) },
    {
      title: t("built"),
      ...sorted("built"),
      render: (_, one) => <span className="nowrap">{one.built_at ? format.time(one.built_at) : t("never")}</span>,
    },
    { title: t("owner"), dataIndex: "owner" },
    {
      title: t("reads"),
      render: (_, one) => (
        <div className="muted" style={{ maxWidth: 420, whiteSpace: "normal" }}>
          {said({ ...one.reads })}
        </div>
      ),
    },
  ];
}
