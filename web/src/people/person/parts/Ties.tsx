import { Card, Table, Tag } from "antd";
import { Link } from "react-router";

import { useFormat } from "@/shared/format";
import { useTexts } from "@/shared/i18n";
import { EmptyState, Loaded } from "@/shared/ui";

import { useTies } from "../queries";
import { texts } from "../texts";

/** Memberships at nodes, roles, and relations to other people and to things. */
export function Ties({ publicId }: { publicId: string }) {
  const t = useTexts(texts);
  const format = useFormat();
  const until = (at: string | null) => (at === null ? t("open") : format.date(at));
  return (
    <Loaded query={useTies(publicId)} rows={8}>
      {({ memberships, roles, relations }) => (
        <div className="stack">
          <Card title={t("memberships")} size="small">
            {memberships.length === 0 ? (
              <EmptyState title={t("noMemberships")}>{t("noMembershipsText")}</EmptyState>
            ) : (
              <Table
                size="small"
                aria-label={t("memberships")}
                dataSource={memberships}
                rowKey="id"
                pagination={false}
                scroll={{ x: "max-content" }}
                columns={[
                  { title: t("node"), dataIndex: "node" },
                  { title: t("number"), dataIndex: "number" },
                  {
                    title: t("status"),
                    render: (_, one) => (
                      <>
                        {one.status}
                        {one.conflict && <Tag color="warning">{t("conflict")}</Tag>}
                      </>
                    ),
                  },
                  { title: t("tier"), render: (_, one) => one.tier || "–" },
                  { title: t("owner"), render: (_, one) => one.owner || "–" },
                  { title: t("joined"), render: (_, one) => format.date(one.joined_at) },
                ]}
              />
            )}
          </Card>
          <Card title={t("roles")} size="small">
            {roles.length === 0 ? (
              <EmptyState title={t("noRoles")}>{t("noRolesText")}</EmptyState>
            ) : (
              <Table
                size="small"
                aria-label={t("roles")}
                dataSource={roles}
                rowKey={(one) => `${one.role} ${one.since}`}
                pagination={false}
                scroll={{ x: "max-content" }}
                columns={[
                  { title: t("role"), dataIndex: "role" },
                  { title: t("origin"), render: (_, one) => [one.origin, one.author].filter(Boolean).join(", ") },
                  { title: t("sinceDay"), render: (_, one) => format.date(one.since) },
                  { title: t("untilDay"), render: (_, one) => until(one.until ?? one.ends_at) },
                ]}
              />
            )}
          </Card>
          <Card title={t("relations")} size="small">
            {relations.length === 0 ? (
              <EmptyState title={t("noRelations")}>{t("noRelationsText")}</EmptyState>
            ) : (
              <Table
                size="small"
                aria-label={t("relations")}
                dataSource={relations}
                rowKey="id"
                pagination={false}
                scroll={{ x: "max-content" }}
                columns={[
                  { title: t("relation"), dataIndex: "kind" },
                  {
                    title: t("toWhom"),
                    render: (_, one) =>
                      one.side === "product" ? one.other : <Link to={`/people/${one.other}`}>{one.other}</Link>,
                  },
                  { title: t("evidence"), render: (_, one) => one.evidence || "–" },
                  { title: t("source"), dataIndex: "source" },
                  { title: t("sinceDay"), render: (_, one) => format.date(one.since) },
                ]}
              />
            )}
          </Card>
        </div>
      )}
    </Loaded>
  );
}
