import { Alert, Button, Input, Select } from "antd";

import { useTexts, useSaid } from "@/shared/i18n";
import { CodeView } from "@/shared/ui";

import type { Filter } from "./filter";
import { useGroups } from "./queries";
import { texts } from "./texts";

const USUAL = ["name", "city", "gender", "birth_date", "language", "loyalty_tier"];

interface Props {
  state: Filter;
  set: (next: Partial<Filter>) => void;
}

/** Search, segment, tag and columns; each change begins again at the first page. */
export function FilterBar({ state, set }: Props) {
  const t = useTexts(texts);
  const said = useSaid();
  const groups = useGroups();
  const columns = state.columns.split(",").filter(Boolean);
  return (
    <>
      <div className="filters" role="search">
        <Input.Search
          key={state.q}
          className="people-search"
          defaultValue={state.q}
          placeholder={t("searchHint")}
          aria-label={t("search")}
          allowClear
          onSearch={(q) => set({ q: q.trim(), page: 1 })}
        />
        <Select
          className="people-choice"
          aria-label={t("segment")}
          placeholder={t("segment")}
          value={state.segment || null}
          disabled={state.q !== ""}
          allowClear
          showSearch={{ optionFilterProp: "label" }}
          loading={groups.isPending}
          notFoundContent={t("noSegments")}
          options={groups.data?.segments.map((one) => ({ value: one.key, label: said(one.name) || one.key }))}
          onChange={(segment: string | undefined) => set({ segment: segment ?? "", page: 1 })}
        />
        <Select
          className="people-choice"
          aria-label={t("tag")}
          placeholder={t("tag")}
          value={state.tag || null}
          disabled={state.q !== ""}
          allowClear
          showSearch={{ optionFilterProp: "label" }}
          loading={groups.isPending}
          notFoundContent={t("noTags")}
          options={groups.data?.tags.map((one) => ({ value: one.key, label: said(one.name) || one.key }))}
          onChange={(tag: string | undefined) => set({ tag: tag ?? "", page: 1 })}
        />
        <Select
          className="people-columns"
          mode="tags"
          aria-label={t("columns")}
          placeholder={t("columnsHint")}
          value={columns}
          disabled={state.q !== ""}
          maxTagCount="responsive"
          options={USUAL.map((value) => ({ value }))}
          onChange={(chosen: string[]) => set({ columns: chosen.join(",") })}
        />
      </div>
      {state.where && (
        <Alert
          className="people-where"
          type="info"
          title={t("whereTitle")}
          description={<CodeView value={state.where} />}
          action={<Button onClick={() => set({ where: "", page: 1 })}>{t("whereAway")}</Button>}
        />
      )}
    </>
  );
}
