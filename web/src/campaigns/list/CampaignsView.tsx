import { SendOutlined } from "@ant-design/icons";
import { type TableProps, Tag } from "antd";

import { useFormat } from "@/shared/format";
import { usePick, useSaid, useTexts } from "@/shared/i18n";
import { Command, DataTable, EmptyState, PageHeader } from "@/shared/ui";

import { type Campaign, useCampaigns } from "./queries";
import { STATUSES, texts } from "./texts";

const COLOURS: Record<Campaign["status"], string> = {
  draft: "default",
  live: "success",
  paused: "warning",
  stopped: "default",
};
const COUNTS = ["treated", "control", "delivered", "waiting", "held"] as const;

export function CampaignsView() {
  const t = useTexts(texts);
  const query = useCampaigns();
  return (
    <>
      <PageHeader title={t("title")} about={t("about")} />
      <DataTable
        label={t("title")}
        rows={query.data}
        rowKey={(campaign) => campaign.key}
        columns={useColumns()}
        error={query.error}
        retry={() => void query.refetch()}
        empty={
          <EmptyState title={t("empty")} icon={<SendOutlined />} action={<Command>ninefold apply definitions</Command>}>
            {t("emptyText")}
          </EmptyState>
        }
      />
    </>
  );
}

function useColumns(): TableProps<Campaign>["columns"] {
  const t = useTexts(texts);
  const pick = usePick();
  const said = useSaid();
  const { count, share } = useFormat();
  return [
    {
      title: t("name"),
      render: (_, campaign) => (
        <>
          {said(campaign.name) || campaign.key}
          <div className="muted">{campaign.key}</div>
        </>
      ),
    },
    {
      title: t("status"),
      render: (_, campaign) => {
        const words = STATUSES[campaign.status];
        return <Tag color={COLOURS[campaign.status]}>{words ? pick(words) : campaign.status}</Tag>;
      },
    },
    { title: t("channel"), dataIndex: "channel" },
    { title: t("holdout"), align: "right", render: (_, campaign) => share(campaign.holdout_share) },
    ...COUNTS.map((name) => ({
      key: name,
      title: t(name),
      align: "right" as const,
      render: (_: unknown, campaign: Campaign) => count(campaign[name]),
    })),
    { title: t("owner"), render: (_, campaign) => campaign.owner || "–" },
  ];
}
