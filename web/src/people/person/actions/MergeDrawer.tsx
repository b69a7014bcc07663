import { Alert, AutoComplete, Button, Drawer, Input, Space } from "antd";
import { useDeferredValue, useState } from "react";

import { useTexts } from "@/shared/i18n";
import { usePeopleSearch } from "@/shared/people";
import { EmptyState, Loaded, useAct, useConfirm } from "@/shared/ui";

import { calledOf } from "../parts/PersonHeader";
import { type Identifier, type Preview, type Profile, calls, useMergePreview } from "../queries";
import { texts } from "../texts";
import { PreviewTables } from "./Preview";
import { useUndo } from "./useUndo";

interface Props {
  person: Profile;
  open: boolean;
  /** Public id of the one to merge with; empty: still to be chosen. */
  other: string;
  choose: (other: string) => void;
  close: () => void;
}

/** Finds the other one, shows everything a merge would change, and only then offers to do it. */
export function MergeDrawer({ person, open, other, choose, close }: Props) {
  const t = useTexts(texts);
  const query = useMergePreview(person.public_id, open ? other : "");
  const same = other === person.public_id;
  return (
    <Drawer title={t("mergeTitle", { who: calledOf(person) })} open={open} onClose={close} size={860}>
      <div className="stack">
        <Finder but={person.public_id} choose={choose} />
        {other === "" && <EmptyState title={t("mergeEmpty")}>{t("mergeEmptyText")}</EmptyState>}
        {same && <Alert type="warning" title={t("mergeSelf")} />}
        {other !== "" && !same && (
          <Loaded query={query} rows={10}>
            {(preview) => <Offer key={other} person={person} other={other} preview={preview} close={close} />}
          </Loaded>
        )}
      </div>
    </Drawer>
  );
}

function Finder({ but, choose }: { but: string; choose: (id: string) => void }) {
  const t = useTexts(texts);
  const [typed, setTyped] = useState("");
  const asked = useDeferredValue(typed.trim());
  const { data, isFetching } = usePeopleSearch(asked);
  const options = (asked === "" ? [] : (data ?? []))
    .filter((one) => one.public_id !== but)
    .map((one) => ({
      value: one.public_id,
      label: `${one.name || one.public_id} · ${one.why}`,
    }));
  return (
    <AutoComplete
      value={typed}
      options={options}
      onChange={setTyped}
      onSelect={(id: string) => {
        setTyped("");
        choose(id);
      }}
      notFoundContent={asked === "" || isFetching ? null : t("nobodyFound")}
    >
      <Input placeholder={t("mergeFind")} aria-label={t("mergeFind")} allowClear />
    </AutoComplete>
  );
}

interface OfferProps {
  person: Profile;
  other: string;
  preview: Preview;
  close: () => void;
}

function Offer({ person, other, preview, close }: OfferProps) {
  const t = useTexts(texts);
  const confirm = useConfirm();
  const undo = useUndo();
  const [reason, setReason] = useState("");
  const survivor = preview.after[0]?.public_id ?? person.public_id;
  const leaving = (preview.before.find((one) => one.public_id !== survivor)?.identifiers ?? []).map(
    ([namespace = "", value = ""]): Identifier => [namespace, value],
  );
  const merge = useAct({
    call: () => calls.merge({ one: person.public_id, other, reason, override: preview.kept_apart }),
    refresh: [["people"], ["reviews"]],
    then: (done) => {
      close();
      if (done.waiting) undo.say(t("mergeWaits"), null);
      else undo.say(t("merged"), () => calls.split({ person: survivor, leaving, reason: t("undone") }));
    },
  });
  const ask = () =>
    confirm({
      title: t("mergeConfirm"),
      says: t("mergeSays", { survivor, n: preview.differences.length }),
      verb: t("mergeDo"),
      act: () => merge.mutateAsync(undefined),
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
        <Button type="primary" loading={merge.isPending} disabled={preview.blockers.length > 0} onClick={ask}>
          {t("mergeDo")}
        </Button>
      </Space.Compact>
    </>
  );
}
