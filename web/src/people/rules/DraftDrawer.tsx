import { Alert, Button, Drawer, Input } from "antd";
import { useState } from "react";

import { useTexts } from "@/shared/i18n";
import { Diff, useAct } from "@/shared/ui";

import { calls } from "./queries";
import { texts } from "./texts";

interface Props {
  open: boolean;
  /** The document in force. */
  document: Record<string, unknown>;
  close: () => void;
  made: (change: number) => void;
}

const KIND = "identity-rules";

/** Writes the document of other rules, shows what differs from those in force, and has them simulated. */
export function DraftDrawer({ open, document, close, made }: Props) {
  const t = useTexts(texts);
  const before = JSON.stringify({ kind: KIND, ...document }, null, 2);
  const [text, setText] = useState(before);
  const [reason, setReason] = useState("");
  const parsed = parse(text);
  const draft = useAct({
    call: (given: Record<string, unknown>) => calls.draft({ document: given, reason }),
    refresh: [["people", "rules"]],
    then: (change) => made(change.id),
  });
  return (
    <Drawer title={t("try")} open={open} onClose={close} size={760}>
      <div className="stack">
        <p className="muted">{t("tryText")}</p>
        <Input.TextArea
          className="rule-document"
          aria-label={t("document")}
          value={text}
          autoSize={{ minRows: 10, maxRows: 22 }}
          spellCheck={false}
          status={parsed === null ? "error" : ""}
          onChange={(event) => setText(event.target.value)}
        />
        {parsed === null && <Alert type="error" title={t("noJson")} />}
        {parsed !== null && text !== before && (
          <section>
            <h3 className="small-title">{t("differs")}</h3>
            <Diff before={before} after={JSON.stringify(parsed, null, 2)} />
          </section>
        )}
        <Input
          value={reason}
          maxLength={1000}
          aria-label={t("reason")}
          placeholder={t("reason")}
          onChange={(event) => setReason(event.target.value)}
        />
        <div>
          <Button
            type="primary"
            disabled={parsed === null}
            loading={draft.isPending}
            onClick={() => parsed && draft.mutate(parsed)}
          >
            {t("simulate")}
          </Button>
        </div>
      </div>
    </Drawer>
  );
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === "object" && found !== null && !Array.isArray(found)
      ? (found as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
