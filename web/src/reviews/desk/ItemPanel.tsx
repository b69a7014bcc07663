import { Alert, Button, Input, Tag } from "antd";
import { Link } from "react-router";

import { useFormat } from "@/shared/format";
import { useTexts } from "@/shared/i18n";
import { useAct } from "@/shared/ui";

import { Evidence } from "./Evidence";
import { SideBySide } from "./SideBySide";
import { KINDS, type Kind, verdictsOf } from "./filter";
import { type Item, calls } from "./queries";
import { texts } from "./texts";
import type { Decisions } from "./useDecisions";

interface Props {
  item: Item;
  decisions: Decisions;
  me: string;
}

/** One question: what is asked, what speaks for and against it, who said what, and the verdicts with their keys. */
export function ItemPanel({ item, decisions, me }: Props) {
  const t = useTexts(texts);
  const format = useFormat();
  const release = useAct({ call: () => calls.release([item.item]), refresh: [["reviews"]] });
  const kind = KINDS.find((one): one is Kind => one === item.kind);
  return (
    <section className="card stack desk-item" aria-label={t("item")}>
      <div className="spread">
        <h2 className="desk-title">{kind ? t(`ask.${kind}`) : item.kind}</h2>
        <span className="row">
          {item.score !== null && <Tag>{t("score", { share: format.share(item.score) })}</Tag>}
          {item.valuable && <Tag color="warning">{t("valuable")}</Tag>}
          <span className="muted">{t("opened", { at: format.date(item.opened_at) })}</span>
        </span>
      </div>
      {kind && <p className="muted desk-text">{t(`about.${kind}`)}</p>}
      <Notes item={item} />
      {item.holder && (
        <Alert
          type={item.holder === me ? "info" : "warning"}
          title={t(item.holder === me ? "heldByMe" : "heldBy", { who: item.holder, at: format.clock(item.until) })}
          action={
            item.holder === me && (
              <Button size="small" loading={release.isPending} onClick={() => release.mutate(undefined)}>
                {t("release")}
              </Button>
            )
          }
        />
      )}
      <div className="row">
        {item.people.slice(0, 4).map((id) => (
          <Link key={id} to={`/people/${encodeURIComponent(id)}`}>
            {id}
          </Link>
        ))}
      </div>
      {item.evidence.length > 0 ? <Evidence item={item} /> : <SideBySide item={item} />}
      <Votes item={item} />
      <Verdicts item={item} decisions={decisions} />
    </section>
  );
}

/** Which identifier it is about, what refused it before, and what changed since it was decided. */
function Notes({ item }: { item: Item }) {
  const t = useTexts(texts);
  return (
    <>
      {item.value && (
        <p className="desk-text">
          <code>{`${item.namespace}: ${item.value}`}</code>
          {typeof item.detail["over"] === "string" && <> · {t("over", { namespace: item.detail["over"] })}</>}
        </p>
      )}
      {item.refusal && <Alert type="warning" title={t("refused")} description={item.refusal} />}
      {item.changed.map((one) => (
        <Alert
          key={one.field}
          type="info"
          title={t("changed", { field: one.field, before: one.before ?? "–", after: one.after ?? "–" })}
        />
      ))}
    </>
  );
}

function Votes({ item }: { item: Item }) {
  const t = useTexts(texts);
  const format = useFormat();
  if (item.votes.length === 0) return null;
  return (
    <div>
      <h3 className="desk-small">{t("votes")}</h3>
      <ul className="desk-votes">
        {item.votes.map((vote) => (
          <li key={vote.principal + vote.at}>
            <strong>{vote.principal}</strong>: {vote.verdict} <span className="muted">{format.time(vote.at)}</span>
            {vote.reason && <> · {vote.reason}</>}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Verdicts({ item, decisions }: { item: Item; decisions: Decisions }) {
  const t = useTexts(texts);
  const verdicts = verdictsOf(item.kind);
  const open = item.decided_at === null;
  return (
    <div className="desk-verdicts">
      {open && (
        <>
          <Input
            value={decisions.reason}
            maxLength={500}
            aria-label={t("reason")}
            placeholder={t("reason")}
            onChange={(event) => decisions.setReason(event.target.value)}
          />
          {item.valuable && <p className="muted desk-text">{t("fourEyes")}</p>}
        </>
      )}
      <div className="row">
        {open && (
          <>
            <Button type="primary" loading={decisions.busy} onClick={decisions.accept}>
              {t(`verdict.${verdicts.accept}`)} <kbd>a</kbd>
            </Button>
            <Button danger disabled={decisions.busy} onClick={decisions.reject}>
              {t(`verdict.${verdicts.reject}`)} <kbd>r</kbd>
            </Button>
            <Button disabled={decisions.busy} onClick={decisions.skip}>
              {t("verdict.skip")} <kbd>s</kbd>
            </Button>
          </>
        )}
        <Button disabled={decisions.busy || !decisions.canUndo} onClick={decisions.undo}>
          {t("undo")} <kbd>u</kbd>
        </Button>
      </div>
      <p className="muted desk-text">{t("keys")}</p>
    </div>
  );
}
