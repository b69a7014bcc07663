import { Alert, Button } from "antd";
import { useState } from "react";

import { useFormat } from "@/shared/format";
import { common, useTexts } from "@/shared/i18n";
import { Loaded, PageHeader, useProblemWords } from "@/shared/ui";

import { Loop } from "../loop/Loop";
import { ReportPanel } from "../panels/ReportPanel";
import { RunningPanel } from "../panels/RunningPanel";
import { type Status, useStatus } from "../status";
import "./board.css";
import { Live } from "./Live";
import { Summary } from "./Summary";
import { texts } from "./texts";

/** The nine-step loop in live numbers, what runs, and what the newest campaign brought. */
export function BoardView() {
  const t = useTexts(texts);
  const query = useStatus();
  const live = query.error === null;
  return (
    <>
      <PageHeader
        title={query.data?.brand || t("title")}
        actions={query.data && <Live live={live} at={query.dataUpdatedAt} />}
      />
      {query.data && !live && (
        <Lost error={query.error} since={query.dataUpdatedAt} retry={() => void query.refetch()} />
      )}
      <Loaded query={query} rows={12}>
        {(status) => <Board status={status} live={live} />}
      </Loaded>
    </>
  );
}

function Board({ status, live }: { status: Status; live: boolean }) {
  const t = useTexts(texts);
  return (
    <div className="board">
      <Newer version={status.version} />
      {live && <Summary status={status} />}
      <Loop status={status} live={live} />
      <div className="panels">
        <ReportPanel report={status.report} />
        <RunningPanel jobs={status.running} asOf={status.as_of} />
      </div>
      <footer className="foot">
        <span>{t("appVersion", { version: status.version })}</span>
        <span>{t("appZone", { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })}</span>
      </footer>
    </div>
  );
}

/** Numbers that stand still are said to be old, and why. */
function Lost({ error, since, retry }: { error: unknown; since: number; retry: () => void }) {
  const t = useTexts(texts);
  const shared = useTexts(common);
  const words = useProblemWords()(error);
  const { clock } = useFormat();
  return (
    <Alert
      className="trouble"
      type="error"
      showIcon
      title={words.title}
      description={`${words.text} ${t("lostNumbers", { at: clock(since) })}`}
      action={<Button onClick={retry}>{shared("retry")}</Button>}
    />
  );
}

/** Says that the server is newer than this page. */
function Newer({ version }: { version: string }) {
  const t = useTexts(texts);
  const [first] = useState(version);
  if (version === first) return null;
  return (
    <Alert
      className="notice"
      type="info"
      showIcon
      title={t("appUpdated", { version })}
      action={<Button onClick={() => location.reload()}>{t("appReload")}</Button>}
    />
  );
}
