import { Button, Tabs } from "antd";
import { useState } from "react";
import { useParams } from "react-router";

import { useFormat } from "@/shared/format";
import { useUrlState } from "@/shared/hooks";
import { useSaid, useTexts } from "@/shared/i18n";
import { PeopleTable } from "@/shared/people";
import { EmptyState, Loaded, PageHeader, useAct } from "@/shared/ui";

import { type Draft, isWhole, namesOf } from "./draft";
import { Editor } from "./Editor";
import { type Definition, refresh, useSegment, useSnapshots } from "./queries";
import { texts } from "./texts";
import { useSave } from "./useSave";
import { Versions } from "./Versions";
import { Why } from "./Why";

export function SegmentView() {
  const { key = "" } = useParams();
  const query = useSegment(key);
  return (
    <Loaded query={query}>
      {(definition) => <Segment key={`${key}/${definition.version}`} definition={definition} />}
    </Loaded>
  );
}

function Segment({ definition }: { definition: Definition }) {
  const t = useTexts(texts);
  const said = useSaid();
  const format = useFormat();
  const [{ tab }, set] = useUrlState({ tab: "condition" });
  const stored: Draft = { document: definition.document as Draft["document"], over: definition.version };
  const [draft, setDraft] = useState(stored);
  const changed = JSON.stringify(draft.document) !== JSON.stringify(stored.document);
  const saving = useSave({ draft, saved: setDraft });
  const recount = useAct({
    call: () => refresh(definition.key),
    refresh: [["segments"], ["people"]],
    then: () => set({ tab: "people" }),
  });
  return (
    <>
      <PageHeader
        title={said(namesOf(stored)) || definition.key}
        about={String(definition.document.purpose ?? "")}
        actions={
          <>
            {changed && <Button onClick={() => setDraft(stored)}>{t("discard")}</Button>}
            <Button loading={recount.isPending} disabled={changed} onClick={() => recount.mutate(undefined)}>
              {t("refresh")}
            </Button>
            <Button type="primary" loading={saving.busy} disabled={!changed || !isWhole(draft)} onClick={saving.save}>
              {t("save")}
            </Button>
          </>
        }
      />
      <p className="muted">
        <code>{definition.key}</code> · {t("version")} {definition.version} · {format.time(definition.created_at)}
      </p>
      <Tabs
        activeKey={tab}
        onChange={(next) => set({ tab: next })}
        destroyOnHidden
        items={[
          { key: "condition", label: t("condition"), children: <Editor draft={draft} onChange={setDraft} /> },
          { key: "people", label: t("people"), children: <Members segment={definition.key} /> },
          { key: "why", label: t("why"), children: <Why segment={definition.key} /> },
          {
            key: "versions",
            label: t("versions"),
            children: (
              <Versions
                segment={definition.key}
                edit={(document) => {
                  setDraft({ ...draft, document });
                  set({ tab: "condition" });
                }}
              />
            ),
          },
        ]}
      />
    </>
  );
}

function Members({ segment }: { segment: string }) {
  const t = useTexts(texts);
  const snapshots = useSnapshots(segment);
  return (
    <Loaded query={snapshots}>
      {(versions) =>
        versions.length === 0 ? (
          <EmptyState title={t("neverCounted")}>{t("neverText")}</EmptyState>
        ) : (
          <PeopleTable condition={{ in_segment: segment }} empty={<EmptyState title={t("nobody")} />} />
        )
      }
    </Loaded>
  );
}
