import { App, Button } from "antd";
import { useRef } from "react";

import { useTexts } from "@/shared/i18n";
import { useAct } from "@/shared/ui";

import { texts } from "../texts";

/** Says what was done, with a button that takes it back while the words are shown. */
export function useUndo() {
  const t = useTexts(texts);
  const { notification } = App.useApp();
  const next = useRef(0);
  const back = useAct({
    call: (undo: () => Promise<unknown>) => undo(),
    refresh: [["people"], ["reviews"]],
    done: t("undone"),
  });
  const say = (title: string, undo: (() => Promise<unknown>) | null) => {
    const key = `undo-${next.current++}`;
    notification.success({
      key,
      title,
      duration: undo ? 20 : 6,
      actions: undo && (
        <Button
          onClick={() => {
            notification.destroy(key);
            back.mutate(undo);
          }}
        >
          {t("undo")}
        </Button>
      ),
    });
  };
  return { say };
}
