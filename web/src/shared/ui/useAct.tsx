import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { App } from "antd";

import { common, useTexts } from "../i18n";
import { useProblemWords } from "./states";

interface Act<In, Out> {
  /** The call that changes something. */
  call: (input: In) => Promise<Out>;
  /** What is asked anew afterwards. */
  refresh: QueryKey[];
  /** Said when it worked. */
  done?: string;
  then?: (out: Out) => void;
}

/** Does something to the server: says that it worked or why not, and refreshes what it changed. */
export function useAct<In, Out>({ call, refresh, done, then }: Act<In, Out>) {
  const queries = useQueryClient();
  const { message, notification } = App.useApp();
  const words = useProblemWords();
  return useMutation({
    mutationFn: call,
    onSuccess: async (out) => {
      if (done) void message.success(done);
      then?.(out);
      await Promise.all(refresh.map((queryKey) => queries.invalidateQueries({ queryKey })));
    },
    onError: (error) => {
      const { title, text } = words(error);
      notification.error({ title, description: text });
    },
  });
}

interface Question {
  title: string;
  /** What it will do, to how many, and whether it can be undone. */
  says: React.ReactNode;
  /** The verb on the button, not "OK". */
  verb: string;
  danger?: boolean;
  act: () => Promise<unknown>;
}

/** Asks before something that is not easily undone: says first what it will do. The button waits for the end. */
export function useConfirm() {
  const { modal } = App.useApp();
  const t = useTexts(common);
  return ({ title, says, verb, danger = false, act }: Question) =>
    modal.confirm({
      title,
      content: says,
      okText: verb,
      okButtonProps: { danger },
      cancelText: t("cancel"),
      autoFocusButton: danger ? "cancel" : "ok",
      onOk: () => act().catch(() => undefined),
    });
}
