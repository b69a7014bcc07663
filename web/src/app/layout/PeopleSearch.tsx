import { SearchOutlined } from "@ant-design/icons";
import { AutoComplete, Input, type InputRef } from "antd";
import { type RefObject, useDeferredValue, useImperativeHandle, useRef, useState } from "react";
import { useNavigate } from "react-router";

import { useTexts } from "@/shared/i18n";
import { usePeopleSearch } from "@/shared/people";

import { texts } from "./texts";

/** Finds a person from anywhere: arrow keys and Enter go to the page of the one found. */
export function PeopleSearch({ field }: { field: RefObject<HTMLInputElement | null> }) {
  const t = useTexts(texts);
  const [typed, setTyped] = useState("");
  const asked = useDeferredValue(typed.trim());
  const input = useRef<InputRef>(null);
  const navigate = useNavigate();
  const { data, isFetching } = usePeopleSearch(asked);
  useImperativeHandle(field, () => input.current?.input as HTMLInputElement);
  const options = (asked === "" ? [] : (data ?? [])).map((person) => ({
    value: person.public_id,
    label: (
      <span className="found">
        <span>{person.name || person.public_id}</span>
        <span className="muted">{person.why}</span>
      </span>
    ),
  }));
  return (
    <AutoComplete
      className="search"
      value={typed}
      options={options}
      onChange={setTyped}
      onSelect={(id: string) => {
        setTyped("");
        void navigate(`/people/${encodeURIComponent(id)}`);
      }}
      notFoundContent={asked === "" || isFetching ? null : t("searchNone")}
    >
      <Input
        ref={input}
        prefix={<SearchOutlined />}
        placeholder={t("searchHint")}
        aria-label={t("search")}
        allowClear
      />
    </AutoComplete>
  );
}
