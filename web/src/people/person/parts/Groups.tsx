import { CloseOutlined, PlusOutlined, UserOutlined } from "@ant-design/icons";
import { Button, Card, Popover } from "antd";
import { useState } from "react";

import { useFormat } from "@/shared/format";
import { useTexts, useSaid } from "@/shared/i18n";
import { EmptyState, Loaded, useAct, useConfirm } from "@/shared/ui";

import { TagForm } from "../actions/TagForm";
import { type Profile, calls, useWhy } from "../queries";
import { texts } from "../texts";

type Trait = Profile["traits"][number];

/** What the traits begin with that are tags by hand. */
export const BY_HAND = "tag.";

/** The segments and tags of a person; each says why. */
export function Groups({ person }: { person: Profile }) {
  const t = useTexts(texts);
  const [open, setOpen] = useState(false);
  const byHand = person.traits.filter((one) => one.key.startsWith(BY_HAND) && one.chosen.value !== null);
  const tags = person.tags.length + byHand.length;
  return (
    <Card
      title={t("groups")}
      size="small"
      extra={
        <Button size="small" type="text" icon={<PlusOutlined />} onClick={() => setOpen(true)}>
          {t("addTag")}
        </Button>
      }
    >
      {person.segments.length + tags === 0 && <EmptyState title={t("noGroups")}>{t("noGroupsText")}</EmptyState>}
      {person.segments.length > 0 && <h2 className="small-title">{t("segments")}</h2>}
      <div className="row">
        {person.segments.map((one) => (
          <SegmentHeld key={one.segment} held={one} publicId={person.public_id} />
        ))}
      </div>
      {tags > 0 && <h2 className="small-title">{t("tags")}</h2>}
      <div className="row">
        {person.tags.map((one) => (
          <TagHeld key={`${one.tag}=${one.value}`} held={one} />
        ))}
        {byHand.map((one) => (
          <TagByHand key={one.key} trait={one} publicId={person.public_id} />
        ))}
      </div>
      <TagForm publicId={person.public_id} open={open} close={() => setOpen(false)} />
    </Card>
  );
}

function SegmentHeld({ held, publicId }: { held: Profile["segments"][number]; publicId: string }) {
  const t = useTexts(texts);
  const said = useSaid();
  const format = useFormat();
  const name = said({ en: held.name_en, zh: held.name_zh }) || held.segment;
  return (
    <Popover
      trigger="click"
      title={name}
      destroyOnHidden
      content={
        <div className="why">
          <p className="muted">{t("inSince", { at: format.date(held.since), n: held.version })}</p>
          <Why segment={held.segment} publicId={publicId} />
        </div>
      }
    >
      <Button size="small">{name}</Button>
    </Popover>
  );
}

function Why({ segment, publicId }: { segment: string; publicId: string }) {
  const t = useTexts(texts);
  const query = useWhy(segment, publicId);
  const said = useSaid();
  return (
    <Loaded query={query} rows={3}>
      {(why) => (
        <>
          {!why.member && <p>{t("notAnyMore")}</p>}
          <ul className="plain">
            {why.clauses.map((clause) => (
              <li key={clause.path} style={{ marginInlineStart: clause.depth * 14 }}>
                <span aria-label={t(clause.holds ? "holds" : "fails")} role="img">
                  {clause.holds ? "✓" : "✗"}
                </span>{" "}
                {said(clause.reads)}
                {clause.actual !== null && <span className="muted"> · {t("actual", { value: clause.actual })}</span>}
              </li>
            ))}
          </ul>
        </>
      )}
    </Loaded>
  );
}

/** A tag that a rule gave, with the version of its build. */
function TagHeld({ held }: { held: Profile["tags"][number] }) {
  const t = useTexts(texts);
  const format = useFormat();
  const name = labelled(held.tag, held.value);
  return (
    <Popover
      trigger="click"
      title={name}
      content={<div className="why">{t("tagBuilt", { n: held.version, at: format.time(held.built_at) })}</div>}
    >
      <Button size="small">{name}</Button>
    </Popover>
  );
}

/** A tag that somebody put on by hand: it is a statement of a trait, and can be taken off again. */
function TagByHand({ trait, publicId }: { trait: Trait; publicId: string }) {
  const t = useTexts(texts);
  const format = useFormat();
  const confirm = useConfirm();
  const tag = trait.key.slice(BY_HAND.length);
  const name = labelled(tag, String(trait.chosen.value ?? ""));
  const away = useAct({
    call: () => calls.tag({ customer: publicId, tag, value: "", why: "", remove: true }),
    refresh: [["people", "person"]],
    done: t("tagGone"),
  });
  const ask = () =>
    confirm({
      title: t("tagAwayTitle", { tag: name }),
      says: t("tagAwayText"),
      verb: t("tagAway"),
      act: () => away.mutateAsync(undefined),
    });
  return (
    <Popover
      trigger="click"
      title={name}
      content={
        <div className="why">
          <p>{t("tagByHand", { source: trait.chosen.source, at: format.time(trait.chosen.at) })}</p>
          <Button size="small" icon={<CloseOutlined />} onClick={ask}>
            {t("tagAway")}
          </Button>
        </div>
      }
    >
      <Button size="small" icon={<UserOutlined />}>
        {name}
      </Button>
    </Popover>
  );
}

function labelled(tag: string, value: string): string {
  return value === "" || value === "true" ? tag : `${tag}: ${value}`;
}
