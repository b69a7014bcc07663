import { Card, Table, Tag } from "antd";

import { useFormat } from "@/shared/format";
import { useTexts } from "@/shared/i18n";
import { EmptyState, Loaded } from "@/shared/ui";

import { useConsents } from "../queries";
import { texts } from "../texts";

const COLOURS = { granted: "success", denied: "error", expired: "warning", unknown: "default" } as const;

/** What may be done with a person's data, by purpose, and the statements this follows from. */
export function Consents({ publicId }: { publicId: string }) {
  const t = useTexts(texts);
  const format = useFormat();
  return (
    <Loaded query={useConsents(publicId)} rows={6}>
      {({ standings, records }) => (
        <div className="stack">
          <Card title={t("standings")} size="small">
            <Table
              size="small"
              aria-label={t("standings")}
              dataSource={standings}
              rowKey="purpose"
              pagination={false}
              scroll={{ x: "max-content" }}
              columns={[
                { title: t("purpose"), dataIndex: "purpose" },
                {
                  title: t("standing"),
                  render: (_, one) => (
                    <>
                      <Tag color={COLOURS[one.standing]}>{t(one.standing)}</Tag>
                      {one.conflict && <Tag color="warning">{t("conflict")}</Tag>}
                      {one.pending && <Tag>{t("pending")}</Tag>}
                    </>
                  ),
                },
                { title: t("allowed"), render: (_, one) => t(one.allowed ? "yes" : "no") },
                { title: t("untilDay"), render: (_, one) => format.date(one.until) },
              ]}
            />
          </Card>
          <Card title={t("statements")} size="small">
            {records.length === 0 ? (
              <EmptyState title={t("noStatements")}>{t("noStatementsText")}</EmptyState>
            ) : (
              <Table
                size="small"
                aria-label={t("statements")}
                dataSource={records}
                rowKey={(one) => `${one.at} ${one.purpose} ${one.channel} ${one.node} ${one.source}`}
                pagination={records.length > 20 && { pageSize: 20, size: "small" }}
                scroll={{ x: "max-content" }}
                columns={[
                  { title: t("at"), render: (_, one) => format.time(one.at) },
                  { title: t("purpose"), dataIndex: "purpose" },
                  { title: t("said"), dataIndex: "said" },
                  { title: t("channel"), render: (_, one) => one.channel || t("all") },
                  { title: t("source"), dataIndex: "source" },
                  { title: t("evidence"), render: (_, one) => one.evidence || one.text_version || "–" },
                ]}
              />
            )}
          </Card>
        </div>
      )}
    </Loaded>
  );
}
