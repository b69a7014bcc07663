import { Segmented, Select } from "antd";
import { Link } from "react-router";

import { useUrlState } from "@/shared/hooks";
import { useTexts } from "@/shared/i18n";
import { CodeView, EmptyState, Loaded, PageHeader } from "@/shared/ui";

import { useWriteKeys } from "./queries";
import { WIRES, type Wire } from "./snippets";
import { texts } from "./texts";

const NAMES = Object.keys(WIRES) as Wire[];

export function SourcesView() {
  const t = useTexts(texts);
  const query = useWriteKeys();
  const [state, set] = useUrlState({ source: "", wire: "Segment" });
  const wire = NAMES.find((name) => name === state.wire) ?? "Segment";
  return (
    <>
      <PageHeader title={t("title")} about={t("about")} actions={<Link to="/settings/keys">{t("toKeys")}</Link>} />
      <Loaded query={query}>
        {(keys) => {
          const key = keys.find((one) => one.name === state.source) ?? keys[0];
          if (key === undefined) return <EmptyState title={t("empty")}>{t("emptyText")}</EmptyState>;
          return (
            <div className="card stack">
              <div className="row">
                <Select
                  aria-label={t("source")}
                  style={{ width: 200 }}
                  value={key.name}
                  options={keys.map(({ id, name }) => ({ key: id, value: name, label: name }))}
                  onChange={(source) => set({ source })}
                />
                <Segmented
                  aria-label={t("wire")}
                  value={wire}
                  options={NAMES}
                  onChange={(next) => set({ wire: next })}
                />
              </div>
              <CodeView value={WIRES[wire](location.origin, key.shown)} />
              <Link to={`/data/receipts?${new URLSearchParams({ source: key.name }).toString()}`}>{t("see")}</Link>
            </div>
          );
        }}
      </Loaded>
    </>
  );
}
