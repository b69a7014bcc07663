import { Button, Checkbox, Drawer, Input, Space } from "antd";
import { useState } from "react";

import { useTexts } from "@/shared/i18n";
import { EmptyState, Loaded, useAct, useConfirm } from "@/shared/ui";

import { keyOf } from "../identities/graph";
import { calledOf } from "../parts/PersonHeader";
import { type Identifier, type Preview, type Profile, calls, useSplitPreview } from "../queries";
import { texts } from "../texts";
import { PreviewTables } from "./Preview";
import { useUndo } from "./useUndo";

interface Props {
  person: Profile;
  open: boolean;
  close: () => void;
}

/** Chooses the identifiers that are somebody else's, shows what would come apart, and only then does it. */
export function SplitDrawer({ person, open, close }: Props) {
  const t = useTexts(texts);
  const [chosen, choose] = useState<string[]>([]);
  const leaving = person.identities
    .map((one): Identifier => [one.namespace, one.value])
    .filter((one) => chosen.includes(keyOf(one)));
  const all = leaving.length === person.identities.length;
  const query = useSplitPreview(person.public_id, open && !all ? leaving : []);
  return (
    <Drawer title={t("splitTitle", { who: calledOf(person) })} open={open} onClose={close} size={860}>
      <div className="stack">
        <p className="muted">{t("splitText")}</p>
        <Checkbox.Group className="split-choice" value={chosen} onChange={choose}>
          {person.identities.map((one) => {
            const key = keyOf([one.namespace, one.value]);
            return (
              <Checkbox key={key} value={key}>
                <span className="break">{key}</span>
              </Checkbox>
            );
          })}
        </Checkbox.Group>
        {leaving.length === 0 && <EmptyState title={t("splitEmpty")}>{t("splitEmptyText")}</EmptyState>}
        {all && <EmptyState title={t("splitAll")}>{t("splitAllText")}</EmptyState>}
        {leaving.length > 0 && !all && (
          <Loaded query={query} rows={10}>
            {(preview) => <Offer person={person} leaving={leaving} preview={preview} close={close} />}
          </Loaded>
        )}
      </div>
    </Drawer>
  );
}

interface OfferProps {
  person: Profile;
  leaving: readonly Identifier[];
  preview: Preview;
  close: () => void;
}

function Offer({ person, leaving, preview, close }: OfferProps) {
  const t = useTexts(texts);
  const confirm = useConfirm();
  const undo = useUndo();
  const [reason, setReason] = useState("");
  const first = leaving[0];
  const split = useAct({
    call: () => calls.split({ person: person.public_id, leaving, reason }),
    refresh: [["people"], ["reviews"]],
    then: () => {
      close();
      undo.say(t("splitDone"), () => {
        const merged = { one: person.public_id, other: keyOf(first ?? []), reason: t("undone"), override: true };
        return calls.merge(merged);
      });
    },
  });
  const ask = () =>
    confirm({
      title: t("splitConfirm"),
      says: t("splitSays", { n: leaving.length }),
      verb: t("splitDo"),
      danger: true,
      act: () => split.mutateAsync(undefined),
    });
  return (
    <>
      <PreviewTables preview={preview} />
      <Space.Compact block>
        <Input
          value={reason}
          maxLength={1000}
          aria-label={t("reason")}
          placeholder={t("reason")}
          onChange={(event) => setReason(event.target.value)}
        />
        <Button danger type="primary" loading={split.isPending} disabled={preview.blockers.length > 0} onClick={ask}>
          {t("splitDo")}
        </Button>
      </Space.Compact>
    </>
  );
}
