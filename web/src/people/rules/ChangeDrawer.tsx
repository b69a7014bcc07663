import { Alert, Button, Drawer, Progress, Tag } from "antd";

import { useFormat } from "@/shared/format";
import { useTexts } from "@/shared/i18n";
import { CodeView, Loaded, useAct, useConfirm } from "@/shared/ui";

import { ReportView } from "./ReportView";
import { type Change, calls, underWay, useChange } from "./queries";
import { stateColour, texts } from "./texts";

interface Props {
  /** 0: none is open. */
  id: number;
  close: () => void;
  show: (change: number) => void;
}

export function ChangeDrawer({ id, close, show }: Props) {
  const t = useTexts(texts);
  return (
    <Drawer title={t("number", { n: id })} open={id > 0} onClose={close} size={900} destroyOnHidden>
      {id > 0 && <Followed id={id} show={show} />}
    </Drawer>
  );
}

function Followed({ id, show }: { id: number; show: (change: number) => void }) {
  const t = useTexts(texts);
  const format = useFormat();
  const query = useChange(id);
  return (
    <Loaded query={query} rows={10}>
      {(change) => (
        <div className="stack">
          <div className="row">
            <Tag color={stateColour(change.state)}>{t(`state.${change.state}`)}</Tag>
            <span className="muted">
              {change.author}, {format.time(change.requested_at)}
            </span>
            {change.reason && <span>{change.reason}</span>}
            {change.undoes !== null && <Tag>{t("undoes", { n: change.undoes })}</Tag>}
          </div>
          {underWay(change.state) && <UnderWay change={change} />}
          {change.note && <Alert type={change.state === "failed" ? "error" : "info"} title={change.note} />}
          {change.state === "applied" && (
            <Alert
              type="success"
              title={t("appliedText", {
                version: change.version,
                merged: format.count(change.merged),
                split: format.count(change.split),
              })}
            />
          )}
          {change.state === "ready" && change.statements_since > 0 && (
            <Alert type="info" title={t("grown", { n: format.count(change.statements_since) })} />
          )}
          <Verbs change={change} show={show} />
          {change.report && <ReportView id={id} report={change.report} />}
          <section>
            <h3 className="small-title">{t("document")}</h3>
            <CodeView value={change.document} />
          </section>
        </div>
      )}
    </Loaded>
  );
}

function UnderWay({ change }: { change: Change }) {
  const t = useTexts(texts);
  const format = useFormat();
  const progress = change.progress;
  return (
    <div>
      <Progress
        percent={Math.round((progress?.share ?? 0) * 100)}
        status="active"
        aria-label={t(`state.${change.state}`)}
      />
      <p className="muted">
        {progress?.stage}
        {progress && progress.total > 0 && ` · ${format.count(progress.done)} / ${format.count(progress.total)}`}
        {progress?.eta_seconds !== null &&
          progress !== null &&
          ` · ${t("left", { time: format.span(progress.eta_seconds) })}`}
      </p>
      <p className="muted">{t("leave")}</p>
    </div>
  );
}

/** What can be done in the state a change is in; everything says first what it will do. */
function Verbs({ change, show }: { change: Change; show: (change: number) => void }) {
  const t = useTexts(texts);
  const confirm = useConfirm();
  const refresh = [["people"], ["reviews"]];
  const apply = useAct({ call: () => calls.apply(change.id, false), refresh });
  const again = useAct({ call: () => calls.again(change.id), refresh });
  const discard = useAct({ call: () => calls.discard(change.id), refresh, done: t("state.discarded") });
  const undo = useAct({ call: () => calls.undo(change.id), refresh, then: (made) => show(made.id) });
  const counts = change.report?.counts;
  const askApply = () =>
    confirm({
      title: t("applyTitle"),
      says: t("applyText", { merges: counts?.merges ?? 0, splits: counts?.splits ?? 0 }),
      verb: t("apply"),
      danger: true,
      act: () => apply.mutateAsync(undefined),
    });
  const settled = change.state === "ready" || change.state === "failed";
  return (
    <div className="row">
      {change.state === "ready" && (
        <Button type="primary" loading={apply.isPending} onClick={askApply}>
          {t("apply")}
        </Button>
      )}
      {settled && (
        <>
          <Button loading={again.isPending} onClick={() => again.mutate(undefined)}>
            {t("again")}
          </Button>
          <Button danger loading={discard.isPending} onClick={() => discard.mutate(undefined)}>
            {t("discard")}
          </Button>
        </>
      )}
      {change.state === "applied" && (
        <Button loading={undo.isPending} onClick={() => undo.mutate(undefined)}>
          {t("undo")}
        </Button>
      )}
    </div>
  );
}
