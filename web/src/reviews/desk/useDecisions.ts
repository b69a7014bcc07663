import { App } from "antd";
import { useState } from "react";

import { useTexts } from "@/shared/i18n";
import { useAct } from "@/shared/ui";

import { type Verdict, verdictsOf } from "./filter";
import { type Item, calls } from "./queries";
import { texts } from "./texts";

export interface Decisions {
  accept: () => void;
  reject: () => void;
  skip: () => void;
  /** Takes back what was decided last on this page, or the decision of the item that is shown. */
  undo: () => void;
  busy: boolean;
  canUndo: boolean;
  reason: string;
  setReason: (reason: string) => void;
}

/** Decides about the item that is shown and goes on to the next one; says what became of it. */
export function useDecisions(item: Item | undefined, next: () => void): Decisions {
  const t = useTexts(texts);
  const { message, notification } = App.useApp();
  const [reason, setReason] = useState("");
  const [done, setDone] = useState<string[]>([]);
  const decision = useAct({
    call: calls.decide,
    refresh: [["reviews"], ["people"]],
    then: (found) => {
      if (found.outcome === "refused") {
        notification.warning({ title: t("refused"), description: found.refusal });
        return;
      }
      void message.success(t(`outcome.${found.outcome}`));
      if (found.outcome === "done") setDone((old) => [...old, found.item]);
      setReason("");
      next();
    },
  });
  const back = useAct({
    call: (name: string) => calls.undo(name, reason || t("undoReason")),
    refresh: [["reviews"], ["people"]],
    then: (found) => {
      setDone((old) => old.filter((one) => one !== found.item));
      void message.success(t(found.apart === false ? "undoneTogether" : "outcome.undone"));
    },
  });
  const busy = decision.isPending || back.isPending;
  const say = (verdict: Verdict) => {
    if (item && !busy) decision.mutate({ item: item.item, verdict, reason });
  };
  const decided = item && item.decided_at !== null ? item.item : undefined;
  const last = decided ?? done.at(-1);
  const verdicts = verdictsOf(item?.kind ?? "");
  return {
    accept: () => say(verdicts.accept),
    reject: () => say(verdicts.reject),
    skip: () => say("skip"),
    undo: () => {
      if (last !== undefined && !busy) back.mutate(last);
    },
    busy,
    canUndo: last !== undefined,
    reason,
    setReason,
  };
}
