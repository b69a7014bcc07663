import { Button, Tag } from "antd";

import { useFormat } from "@/shared/format";
import { useTexts } from "@/shared/i18n";

import { KINDS, type Kind } from "./filter";
import type { Item } from "./queries";
import { texts } from "./texts";

interface Props {
  items: Item[];
  chosen: string;
  choose: (item: string) => void;
  more: (() => void) | undefined;
  loading: boolean;
}

/** What waits, in the order that was asked for; one of them is shown beside it. */
export function Queue({ items, chosen, choose, more, loading }: Props) {
  const t = useTexts(texts);
  const format = useFormat();
  return (
    <nav className="desk-queue" aria-label={t("queue")}>
      {items.map((one) => (
        <button
          key={one.item}
          type="button"
          className="desk-entry"
          aria-current={one.item === chosen}
          onClick={() => choose(one.item)}
        >
          <span className="spread">
            <strong>{KINDS.includes(one.kind as Kind) ? t(`kind.${one.kind as Kind}`) : one.kind}</strong>
            {one.score !== null && <span>{format.share(one.score)}</span>}
          </span>
          <span className="muted desk-line">{headline(one)}</span>
          <span className="row">
            {one.valuable && <Tag color="warning">{t("valuable")}</Tag>}
            {one.holder && <Tag>{one.holder}</Tag>}
            {one.state !== "open" && <Tag>{one.state}</Tag>}
          </span>
        </button>
      ))}
      {more && (
        <Button block loading={loading} onClick={more}>
          {t("more")}
        </Button>
      )}
    </nav>
  );
}

/** What a question is about, in one line: the names of the two, or the identifier. */
function headline(item: Item): string {
  const name = item.evidence.find((one) => one.kind === "name") ?? item.evidence[0];
  if (name) return [name.a, name.b].map((value) => value ?? "–").join(" / ");
  return item.value ? `${item.namespace}: ${item.value}` : item.people.join(" / ");
}
