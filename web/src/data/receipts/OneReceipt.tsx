import { Alert, Button, Descriptions } from "antd";
import { Link } from "react-router";

import { useFormat } from "@/shared/format";
import { useTexts } from "@/shared/i18n";
import { Loaded } from "@/shared/ui";

import { type Receipt, useReceipt } from "./queries";
import { texts } from "./texts";

interface Props {
  source: string;
  message: string;
  live: boolean;
  close: () => void;
}

/** What became of one message, in words. */
export function OneReceipt({ source, message, live, close }: Props) {
  const t = useTexts(texts);
  return (
    <section className="card stack" style={{ marginBottom: 16 }} aria-label={message}>
      <div className="spread">
        <code>{message}</code>
        <Button size="small" onClick={close}>
          {t("close")}
        </Button>
      </div>
      {source ? (
        <Asked source={source} message={message} live={live} />
      ) : (
        <Alert type="info" showIcon title={t("needSource")} />
      )}
    </section>
  );
}

function Asked({ source, message, live }: Omit<Props, "close">) {
  const query = useReceipt(source, message, live);
  return (
    <Loaded query={query} rows={3}>
      {(receipt) => <Told receipt={receipt} />}
    </Loaded>
  );
}

function Told({ receipt }: { receipt: Receipt }) {
  const t = useTexts(texts);
  const format = useFormat();
  const kept = receipt.verdict === "ok" || receipt.verdict === "warning";
  const said =
    receipt.verdict === "quarantined"
      ? t("quarantinedText", { reason: receipt.reason || receipt.code })
      : t(`${receipt.verdict}Text`);
  const facts = [
    { key: "name", label: t("name"), children: receipt.name || "–" },
    { key: "progress", label: t("progress"), children: t(receipt.progress) },
    { key: "at", label: t("at"), children: format.time(receipt.received_at) },
    { key: "happened", label: t("happened"), children: format.time(receipt.at) },
    { key: "identifiers", label: t("identifiers"), children: receipt.namespaces.join(", ") || "–" },
    { key: "repeats", label: t("repeats"), children: t("times", { n: receipt.repeats }) },
  ];
  if (receipt.warnings.length > 0)
    facts.push({ key: "mended", label: t("mended"), children: receipt.warnings.join(", ") });
  return (
    <>
      <Alert
        type={receipt.verdict === "quarantined" ? "error" : kept ? "success" : "info"}
        showIcon
        title={said}
        action={
          receipt.quarantine_id > 0 && <Link to={`/data/quarantine/${receipt.quarantine_id}`}>{t("toEntry")}</Link>
        }
      />
      <Descriptions bordered size="small" column={{ xs: 1, md: 2 }} items={facts} />
    </>
  );
}
