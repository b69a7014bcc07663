import { useQueryClient } from "@tanstack/react-query";
import { App } from "antd";
import { useState } from "react";

import { Problem, problemOf } from "@/shared/api";
import { useTexts } from "@/shared/i18n";
import { Diff, useProblemWords } from "@/shared/ui";

import type { Draft } from "./draft";
import { type Definition, load, save } from "./queries";
import { texts } from "./texts";

interface Saving {
  draft: Draft;
  /** After saving: the draft as it is now. */
  saved: (draft: Draft) => void;
}

/** Saves a segment; when somebody else did so meanwhile, shows both and asks which one is to be kept. */
export function useSave({ draft, saved }: Saving) {
  const t = useTexts(texts);
  const { message, notification, modal } = App.useApp();
  const words = useProblemWords();
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const complain = (error: unknown) => {
    const { title, text } = words(error);
    notification.error({ title, description: text });
  };

  const ask = (theirs: Definition) =>
    modal.confirm({
      title: t("conflict"),
      width: 720,
      content: (
        <>
          <p>{t("conflictText", { n: theirs.version, who: theirs.author || "–" })}</p>
          <Diff before={theirs.document} after={draft.document} />
        </>
      ),
      okText: t("mine"),
      cancelText: t("theirs"),
      onOk: () => void run(theirs.version),
      onCancel: () => {
        saved({ document: theirs.document as Draft["document"], over: theirs.version });
        void queries.invalidateQueries({ queryKey: ["segments"] });
      },
    });

  const run = async (over: number) => {
    setBusy(true);
    try {
      const { ok, changes } = await save(draft.document, over);
      const [change] = changes;
      if (!ok || change === undefined) return complain(refusal(change?.problem));
      void message.success(change.action === "same" ? t("unchanged") : t("saved", { n: change.version }));
      saved({ ...draft, over: change.version });
      await queries.invalidateQueries({ queryKey: ["segments"] });
    } catch (error) {
      if (problemOf(error).code !== "changed_since") return complain(error);
      await load(String(draft.document.key)).then((theirs) => void ask(theirs), complain);
    } finally {
      setBusy(false);
    }
  };
  return { busy, save: () => void run(draft.over) };
}

function refusal(problem: Record<string, unknown> | null | undefined): unknown {
  return new Problem(422, problem ?? {});
}
