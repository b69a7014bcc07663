import { ApartmentOutlined } from "@ant-design/icons";
import { type TableProps, Tag } from "antd";

import { useTexts } from "@/shared/i18n";
import { Command, DataTable, EmptyState, PageHeader, Rich } from "@/shared/ui";

import { type Branch, useOrg } from "./queries";
import { texts } from "./texts";

export function OrgView() {
  const t = useTexts(texts);
  const query = useOrg();
  const columns: TableProps<Branch>["columns"] = [
    {
      title: t("name"),
      render: (_, node) => (
        <>
          {node.name} {node.closed && <Tag>{t("closed")}</Tag>}
        </>
      ),
    },
    { title: t("code"), render: (_, node) => <code>{node.code}</code> },
    { title: t("level"), dataIndex: "level" },
    {
      title: t("matching"),
      render: (_, node) => (node.matching_scope ? t("within", { node: node.matching_scope }) : t("shared")),
    },
    { title: t("sources"), render: (_, node) => node.sources.join(", ") || "–" },
  ];
  return (
    <>
      <PageHeader title={t("title")} about={t("about")} />
      <DataTable
        label={t("title")}
        rows={query.data}
        rowKey={(node) => node.code}
        columns={columns}
        expandable={{ defaultExpandAllRows: true }}
        error={query.error}
        retry={() => void query.refetch()}
        empty={
          <EmptyState
            title={t("empty")}
            icon={<ApartmentOutlined />}
            action={<Command>ninefold apply org.yaml</Command>}
          >
            <Rich text={t("emptyText")} />
          </EmptyState>
        }
      />
    </>
  );
}
