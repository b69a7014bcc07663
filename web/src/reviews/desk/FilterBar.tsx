import { Button, Input, Segmented, Select } from "antd";

import { useFormat } from "@/shared/format";
import { useTexts } from "@/shared/i18n";
import { useAct } from "@/shared/ui";

import { KINDS, type State } from "./filter";
import { type Counts, type Filter, calls } from "./queries";
import { texts } from "./texts";

const TAKEN = 10;

interface Props {
  state: State;
  set: (next: Partial<State>) => void;
  filter: Filter;
  counts: Counts | undefined;
  me: string;
}

export function FilterBar({ state, set, filter, counts, me }: Props) {
  const t = useTexts(texts);
  const format = useFormat();
  const take = useAct({
    call: () => calls.take({ ...filter, assigned: "" }, TAKEN),
    refresh: [["reviews"]],
    then: (got) => got.length > 0 && set({ who: "mine", item: "" }),
  });
  const numbered = (label: string, count: number | undefined) =>
    count === undefined ? label : `${label} (${format.count(count)})`;
  const kinds = KINDS.filter((kind) => kind === state.kind || (counts?.by_kind[kind] ?? 0) > 0);
  return (
    <div className="filters" role="search">
      <Segmented
        aria-label={t("state")}
        value={state.decided ? "decided" : "open"}
        onChange={(value) => set({ decided: value === "decided", item: "" })}
        options={[
          { value: "open", label: numbered(t("waiting"), counts?.total) },
          { value: "decided", label: t("decided") },
        ]}
      />
      <Select
        className="desk-choice"
        aria-label={t("kind")}
        value={state.kind}
        onChange={(kind) => set({ kind, item: "" })}
        options={[
          { value: "", label: t("anyKind") },
          ...kinds.map((kind) => ({ value: kind, label: numbered(t(`kind.${kind}`), counts?.by_kind[kind] ?? 0) })),
        ]}
      />
      <Input.Search
        key={state.person}
        className="desk-person"
        defaultValue={state.person}
        placeholder={t("person")}
        aria-label={t("person")}
        allowClear
        onSearch={(person) => set({ person: person.trim(), item: "" })}
      />
      <Select
        className="desk-choice"
        aria-label={t("who")}
        value={state.who}
        onChange={(who) => set({ who, item: "" })}
        options={[
          { value: "", label: t("anybody") },
          { value: "none", label: t("nobody") },
          ...(me ? [{ value: "mine", label: t("mine") }] : []),
        ]}
      />
      <Select
        className="desk-choice"
        aria-label={t("sort")}
        value={state.sort}
        onChange={(sort) => set({ sort, item: "" })}
        options={(["score", "newest", "oldest"] as const).map((value) => ({ value, label: t(`sort.${value}`) }))}
      />
      <Button loading={take.isPending} onClick={() => take.mutate(undefined)} title={t("takeHint")}>
        {t("take", { n: TAKEN })}
      </Button>
    </div>
  );
}
