import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Alert, App, Button, Input, Select } from "antd";
import { useState } from "react";

import { useTexts } from "@/shared/i18n";
import { Diff, useAct, useConfirm } from "@/shared/ui";

import { laidOut } from "./EntryView";
import { type Attempt, type Entry, QUARANTINE, type Replayed, replayOne, tryOne } from "./queries";
import { BLANK, type Draft, OPS, TYPES, stepsOf } from "./steps";
import { texts } from "./texts";

const MAP_HINT = '{"SH": "Shanghai"}';

/** Steps that mend an entry: tried first, then replayed. */
export function Mending({ entry }: { entry: Entry }) {
  const t = useTexts(texts);
  const confirm = useConfirm();
  const { message } = App.useApp();
  const [drafts, setDrafts] = useState<Draft[]>([]);
  const [attempt, setAttempt] = useState<Attempt>();
  const attempted = useAct({
    call: () => tryOne(entry.id, stepsOf(drafts)),
    refresh: [],
    then: setAttempt,
  });
  const replay = useAct({
    call: () => replayOne(entry.id, stepsOf(drafts)),
    refresh: [QUARANTINE],
    then: (done: Replayed) => {
      if (done.accepted > 0) return void message.success(t("done"));
      const reason = done.refusals[0]?.reason;
      void message.warning(reason === undefined ? t("skipped") : t("stays", { reason }));
    },
  });
  const edit = (next: Draft[]) => {
    setDrafts(next);
    setAttempt(undefined);
  };
  const ask = () =>
    confirm({
      title: t("replayTitle"),
      says: t("replaySays"),
      verb: t("replayVerb"),
      act: () => replay.mutateAsync(undefined),
    });
  return (
    <section className="card stack data-part">
      <div>
        <h2>{t("mend")}</h2>
        <p className="muted">{t(drafts.length === 0 ? "noStep" : "mendText")}</p>
      </div>
      {drafts.map((draft, at) => (
        <StepRow
          key={at}
          n={at + 1}
          draft={draft}
          change={(next) => edit(drafts.map((one, k) => (k === at ? { ...one, ...next } : one)))}
          remove={() => edit(drafts.filter((_, k) => k !== at))}
        />
      ))}
      <div className="row">
        <Button icon={<PlusOutlined aria-hidden />} onClick={() => edit([...drafts, BLANK])}>
          {t("addStep")}
        </Button>
        <Button loading={attempted.isPending} onClick={() => attempted.mutate(undefined)}>
          {t("tryIt")}
        </Button>
        <Button type="primary" onClick={ask}>
          {t("replayVerb")}
        </Button>
      </div>
      {attempt && <Outcome attempt={attempt} entry={entry} />}
    </section>
  );
}

interface RowProps {
  n: number;
  draft: Draft;
  change: (next: Partial<Draft>) => void;
  remove: () => void;
}

function StepRow({ n, draft, change, remove }: RowProps) {
  const t = useTexts(texts);
  const hint = draft.op === "rename" ? t("hintRename") : draft.op === "map" ? MAP_HINT : t("hintSet");
  const types = TYPES.map((value) => ({ value, label: t(value === "text" ? "textType" : value) }));
  return (
    <div className="row">
      <Select
        aria-label={t("op", { n })}
        style={{ width: 150 }}
        value={draft.op}
        options={OPS.map((value) => ({ value, label: t(value) }))}
        onChange={(op) => change({ op, given: "" })}
      />
      <Input
        aria-label={t("path", { n })}
        style={{ width: 240 }}
        placeholder="properties.price"
        value={draft.path}
        onChange={(event) => change({ path: event.target.value })}
      />
      {draft.op === "cast" && (
        <Select
          aria-label={t("given", { n })}
          style={{ width: 160 }}
          value={draft.given || TYPES[0]}
          options={types}
          onChange={(given) => change({ given })}
        />
      )}
      {draft.op !== "cast" && draft.op !== "drop" && (
        <Input
          aria-label={t("given", { n })}
          style={{ width: 240 }}
          placeholder={hint}
          value={draft.given}
          onChange={(event) => change({ given: event.target.value })}
        />
      )}
      <Button icon={<DeleteOutlined aria-hidden />} aria-label={t("dropStep", { n })} onClick={remove} />
    </div>
  );
}

function Outcome({ attempt, entry }: { attempt: Attempt; entry: Entry }) {
  const t = useTexts(texts);
  const changed = attempt.raw !== entry.raw;
  return (
    <div className="stack" role="status">
      <Alert
        showIcon
        type={attempt.good ? "success" : "warning"}
        title={attempt.good ? t("good", { event: attempt.event }) : t("bad", { reason: attempt.reason })}
      />
      {changed && (
        <div>
          <h3>{t("changed")}</h3>
          <Diff before={laidOut(entry.raw)} after={laidOut(attempt.raw)} />
        </div>
      )}
    </div>
  );
}
