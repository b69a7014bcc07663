import { Button, Card, Table, Tag } from "antd";

import { useFormat } from "@/shared/format";
import { useUrlState } from "@/shared/hooks";
import { useLanguage, useTexts } from "@/shared/i18n";
import { EmptyState, Loaded, PageHeader } from "@/shared/ui";

import "../people.css";
import { ChangeDrawer } from "./ChangeDrawer";
import { DraftDrawer } from "./DraftDrawer";
import { type Change, useHistory, useRules } from "./queries";
import { stateColour, texts } from "./texts";

/** The identity rules in force, and every change of them that was ever tried. */
export function RulesView() {
  const t = useTexts(texts);
  const [state, set] = useUrlState({ draft: false, change: 0 });
  const rules = useRules();
  return (
    <>
      <PageHeader
        title={t("title")}
        about={t("about")}
        actions={
          <Button type="primary" onClick={() => set({ draft: true })}>
            {t("try")}
          </Button>
        }
      />
      <div className="stack">
        <Card size="small" title={t("changes")}>
          <History open={(change) => set({ change })} />
        </Card>
        <Card size="small" title={t("inForce")}>
          <Loaded query={rules} rows={8}>
            {(found) => <InForce version={found.version} english={found.english} chinese={found.chinese} />}
          </Loaded>
        </Card>
      </div>
      {rules.data && (
        <DraftDrawer
          open={state.draft}
          document={rules.data.document}
          close={() => set({ draft: false })}
          made={(change) => set({ draft: false, change })}
        />
      )}
      <ChangeDrawer id={state.change} close={() => set({ change: 0 })} show={(change) => set({ change })} />
    </>
  );
}

function InForce({ version, english, chinese }: { version: number; english: string[]; chinese: string[] }) {
  const t = useTexts(texts);
  const lines = useLanguage() === "zh" ? chinese : english;
  return (
    <>
      <p className="muted">{t("version", { n: version })}</p>
      <ul className="rule-lines">
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </>
  );
}

function History({ open }: { open: (change: number) => void }) {
  const t = useTexts(texts);
  const format = useFormat();
  return (
    <Loaded query={useHistory()} rows={4}>
      {(changes) =>
        changes.length === 0 ? (
          <EmptyState title={t("noChanges")}>{t("noChangesText")}</EmptyState>
        ) : (
          <Table<Change>
            size="small"
            aria-label={t("changes")}
            dataSource={changes}
            rowKey="id"
            pagination={changes.length > 10 && { pageSize: 10, size: "small" }}
            scroll={{ x: "max-content" }}
            columns={[
              {
                title: t("change"),
                render: (_, one) => (
                  <Button type="link" size="small" onClick={() => open(one.id)}>
                    {t("number", { n: one.id })}
                  </Button>
                ),
              },
              {
                title: t("state"),
                render: (_, one) => <Tag color={stateColour(one.state)}>{t(`state.${one.state}`)}</Tag>,
              },
              {
                title: t("found"),
                render: (_, one) =>
                  one.report
                    ? t("foundText", {
                        merges: format.count(one.report.counts.merges),
                        splits: format.count(one.report.counts.splits),
                      })
                    : "–",
              },
              { title: t("why"), className: "break", render: (_, one) => one.reason || "–" },
              { title: t("who"), dataIndex: "author" },
              { title: t("when"), render: (_, one) => format.time(one.requested_at) },
            ]}
          />
        )
      }
    </Loaded>
  );
}
