import { Alert, Table, Tag } from "antd";
import type { ReactNode } from "react";

import { useFormat } from "@/shared/format";
import { useTexts } from "@/shared/i18n";

import { keyOf } from "../identities/graph";
import type { Preview } from "../queries";
import { texts } from "../texts";

type Difference = Preview["differences"][number];
type Asset = Preview["assets"][number];

/** Who there is now and would be then, what differs, what becomes of what they own, and what speaks against it. */
export function PreviewTables({ preview }: { preview: Preview }) {
  const t = useTexts(texts);
  const format = useFormat();
  return (
    <>
      {preview.blockers.map((one) => (
        <Alert key={one.code} type="error" showIcon title={t("blocked")} description={one.reason} />
      ))}
      {preview.kept_apart && <Alert type="warning" showIcon title={t("keptApart")} />}
      {preview.waits_until && (
        <Alert type="info" showIcon title={t("waitsUntil", { at: format.time(preview.waits_until) })} />
      )}
      <div className="sides">
        <Side title={t("now")} people={preview.before} />
        <Side title={t("then")} people={preview.after} />
      </div>
      <h2 className="small-title">{t("differences")}</h2>
      <Table<Difference>
        size="small"
        aria-label={t("differences")}
        dataSource={preview.differences}
        rowKey={(one) => `${one.what} ${one.key}`}
        pagination={preview.differences.length > 15 && { pageSize: 15, size: "small" }}
        scroll={{ x: "max-content" }}
        locale={{ emptyText: t("noDifferences") }}
        columns={[
          {
            title: t("what"),
            render: (_, one) => (
              <>
                <span className="muted">{t(`what.${one.what}`)}</span> {one.key}
              </>
            ),
          },
          { title: t("now"), render: (_, one) => values(one.before) },
          { title: t("then"), render: (_, one) => values(one.after) },
          { title: t("rule"), dataIndex: "rule" },
        ]}
      />
      {preview.assets.length > 0 && <Assets assets={preview.assets} />}
    </>
  );
}

function Side({ title, people }: { title: string; people: Preview["before"] }) {
  const t = useTexts(texts);
  return (
    <section>
      <h2 className="small-title">{title}</h2>
      {people.map((one, at) => (
        <div key={one.public_id || at} className="card sketch">
          <code>{one.public_id || t("newPerson")}</code>
          <div className="row">
            {one.identifiers.map((identifier) => (
              <Tag key={keyOf(identifier)} className="break">
                {keyOf(identifier)}
              </Tag>
            ))}
          </div>
          <div className="muted">{t("sketch", { events: one.events, segments: one.segments.length })}</div>
        </div>
      ))}
    </section>
  );
}

function Assets({ assets }: { assets: Asset[] }) {
  const t = useTexts(texts);
  return (
    <>
      <h2 className="small-title">{t("assets")}</h2>
      <Table<Asset>
        size="small"
        aria-label={t("assets")}
        dataSource={assets}
        rowKey={(one) => `${one.asset} ${one.subject}`}
        pagination={assets.length > 15 && { pageSize: 15, size: "small" }}
        scroll={{ x: "max-content" }}
        columns={[
          {
            title: t("what"),
            render: (_, one) => (
              <>
                <span className="muted">{one.asset}</span> {one.subject}{" "}
                {one.conflict && <Tag color="warning">{t("conflict")}</Tag>}
              </>
            ),
          },
          { title: t("now"), render: (_, one) => values(one.before) },
          { title: t("then"), render: (_, one) => values(one.after) },
          { title: t("rule"), dataIndex: "rule" },
        ]}
      />
    </>
  );
}

/** One value per person, in the order of the people. */
function values(of: readonly (string | null)[]): ReactNode {
  return of.map((value, at) => <div key={at}>{value === null || value === "" ? "–" : value}</div>);
}
