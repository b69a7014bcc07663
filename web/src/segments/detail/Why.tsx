import { CheckCircleFilled, CloseCircleFilled, UserOutlined } from "@ant-design/icons";
import { AutoComplete, type TableProps } from "antd";
import { useState } from "react";

import { useSettled } from "@/shared/conditions";
import { useFormat } from "@/shared/format";
import { useUrlState } from "@/shared/hooks";
import { useSaid, useTexts } from "@/shared/i18n";
import { usePeopleSearch } from "@/shared/people";
import { DataTable, EmptyState, ProblemState } from "@/shared/ui";

import { type Clause, useWhy } from "./queries";
import { texts } from "./texts";

/** For one person, part by part: what the condition needs, and what this person has. */
export function Why({ segment }: { segment: string }) {
  const t = useTexts(texts);
  const [{ person }, set] = useUrlState({ person: "" });
  const query = useWhy(segment, person);
  const columns = useColumns();
  const member = query.data?.member;
  return (
    <div className="stack">
      <PersonPick value={person} onChoose={(next) => set({ person: next })} />
      {person === "" ? (
        <EmptyState title={t("chooseTitle")} icon={<UserOutlined />}>
          {t("chooseText")}
        </EmptyState>
      ) : (
        <>
          {member !== undefined && (
            <p role="status">
              <Mark holds={member} /> <strong>{person}</strong> {t(member ? "isIn" : "isOut")}
            </p>
          )}
          {query.error ? (
            <ProblemState error={query.error} />
          ) : (
            <DataTable label={t("why")} rows={query.data?.clauses} rowKey={(one) => one.path} columns={columns} />
          )}
        </>
      )}
    </div>
  );
}

function useColumns(): TableProps<Clause>["columns"] {
  const t = useTexts(texts);
  const said = useSaid();
  const format = useFormat();
  return [
    {
      title: t("part"),
      render: (_, one) => (
        <span style={{ paddingInlineStart: one.depth * 20 }}>
          <Mark holds={one.holds} /> {said({ ...one.reads })}
        </span>
      ),
    },
    { title: t("needed"), render: (_, one) => one.required && <code>{one.required}</code> },
    { title: t("actual"), render: (_, one) => one.required && <code>{one.actual ?? "–"}</code> },
    { title: t("since"), render: (_, one) => (one.at ? format.time(one.at) : "") },
  ];
}

function Mark({ holds }: { holds: boolean }) {
  return holds ? <CheckCircleFilled className="why-holds" /> : <CloseCircleFilled className="why-fails" />;
}

function PersonPick({ value, onChoose }: { value: string; onChoose: (id: string) => void }) {
  const t = useTexts(texts);
  const [typed, type] = useState(value);
  const found = usePeopleSearch(useSettled(typed === value ? "" : typed));
  return (
    <AutoComplete
      aria-label={t("person")}
      placeholder={t("chooseTitle")}
      style={{ width: 360 }}
      value={typed}
      options={(found.data ?? []).map(({ public_id, name }) => ({
        value: public_id,
        label: name ? `${name} · ${public_id}` : public_id,
      }))}
      onChange={type}
      onSelect={onChoose}
    />
  );
}
