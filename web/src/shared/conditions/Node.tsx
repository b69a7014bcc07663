import { MoreOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Dropdown } from "antd";
import { use } from "react";

import { useTexts } from "../i18n";
import { EventClause, JsonBlock, SegmentClause, TraitClause } from "./Clause";
import { NamesContext } from "./context";
import { ALGEBRA, type Fields, GROUPS, type Json, partOf } from "./document";
import { WordPick } from "./inputs";
import type { Fault } from "./queries";
import { texts } from "./texts";

interface Props {
  node: Json;
  path: string;
  onChange: (node: Json) => void;
  /** Absent at the top, which cannot be taken away. */
  remove?: () => void;
  copy?: () => void;
}

const NEW: Record<string, Json> = {
  trait: { trait: "", op: "eq", value: "" },
  event: { event: "", measure: "did", within: { last: "30d" } },
  tag: { tag: "", op: "eq", value: "" },
  in_segment: { in_segment: "" },
  group: { any: [{ trait: "", op: "eq", value: "" }] },
  json: {},
};

/** One node of a condition, whatever it is. */
export function ConditionNode({ node, path, onChange, remove, copy }: Props) {
  const part = partOf(node);
  const menu = <NodeMenu node={node} onChange={onChange} remove={remove} copy={copy} />;
  if (part === "group" || part === "algebra")
    return <GroupNode node={node as Fields} path={path} onChange={onChange} menu={menu} />;
  if (part === "not") return <NotNode node={node as Fields} path={path} onChange={onChange} menu={menu} />;
  return (
    <div className="condition-row">
      <div className="row condition-parts">
        <LeafNode node={node} onChange={onChange} />
      </div>
      {menu}
      <Faults path={path} below />
    </div>
  );
}

function LeafNode({ node, onChange }: { node: Json; onChange: (node: Json) => void }) {
  const t = useTexts(texts);
  const { names } = use(NamesContext);
  const fields = node as Fields;
  switch (partOf(node)) {
    case "trait":
      return <TraitClause what="trait" node={fields} names={names} onChange={onChange} />;
    case "tag":
      return <TraitClause what="tag" node={fields} names={names} onChange={onChange} />;
    case "event":
      return <EventClause node={fields} names={names} onChange={onChange} />;
    case "in_segment":
      return (
        <SegmentClause
          value={String(fields.in_segment)}
          names={names}
          onChange={(key) => onChange({ in_segment: key })}
        />
      );
    case "named":
      return <SegmentClause value={String(node)} names={names} onChange={onChange} />;
    case "everyone":
      return <span className="condition-what">{t("everyone")}</span>;
    default:
      return <JsonBlock node={node} onChange={onChange} />;
  }
}

function NotNode({ node, path, onChange, menu }: Omit<Props, "node"> & { node: Fields; menu: React.ReactNode }) {
  const t = useTexts(texts);
  return (
    <div className="condition-group condition-not" role="group" aria-label={t("not")}>
      <div className="spread">
        <span className="condition-word">{t("not")}</span>
        {menu}
      </div>
      <ConditionNode node={node.not ?? null} path={`${path}.not`} onChange={(not) => onChange({ not })} />
    </div>
  );
}

function GroupNode({ node, path, onChange, menu }: Omit<Props, "node"> & { node: Fields; menu: React.ReactNode }) {
  const t = useTexts(texts);
  const word = Object.keys(node)[0] ?? "all";
  const parts = node[word] as Json[];
  const words = partOf(node) === "group" ? GROUPS : ALGEBRA;
  const put = (next: Json[]) => onChange({ [word]: next });
  const kinds = ["trait", "event", "tag", "in_segment", "group", "json"] as const;
  const added = (kind: string): Json => (partOf(node) === "algebra" && kind === "in_segment" ? "" : (NEW[kind] ?? {}));
  return (
    <div className="condition-group" role="group" aria-label={t(word as "all")}>
      <div className="spread">
        <WordPick
          label={t("group")}
          value={word}
          options={words.map((one) => ({ value: one, label: t(one) }))}
          onChange={(next) => onChange({ [next]: parts })}
        />
        {menu}
      </div>
      <Faults path={path} />
      {parts.map((one, at) => (
        <ConditionNode
          key={`${at}/${parts.length}`}
          node={one}
          path={`${path}.${word}[${at}]`}
          onChange={(next) => put(parts.map((other, place) => (place === at ? next : other)))}
          remove={() => put(parts.filter((_, place) => place !== at))}
          copy={() => put(parts.toSpliced(at + 1, 0, one))}
        />
      ))}
      <Dropdown
        trigger={["click"]}
        menu={{
          items: kinds.map((key) => ({ key, label: t(key) })),
          onClick: ({ key }) => put([...parts, added(key)]),
        }}
      >
        <Button size="small" icon={<PlusOutlined />}>
          {t("add")}
        </Button>
      </Dropdown>
    </div>
  );
}

function NodeMenu({ node, onChange, remove, copy }: Omit<Props, "path">) {
  const t = useTexts(texts);
  const denied = partOf(node) === "not";
  const acts: Record<string, () => void> = {
    negate: () => onChange({ not: node }),
    affirm: () => onChange((node as Fields).not ?? null),
    wrap: () => onChange({ all: [node] }),
    copy: () => copy?.(),
    remove: () => remove?.(),
  };
  const items = [
    { key: denied ? "affirm" : "negate", label: t(denied ? "affirm" : "negate") },
    { key: "wrap", label: t("wrap") },
    ...(copy ? [{ key: "copy", label: t("copy") }] : []),
    ...(remove ? [{ key: "remove", label: t("remove"), danger: true }] : []),
  ];
  return (
    <Dropdown trigger={["click"]} menu={{ items, onClick: ({ key }) => acts[key]?.() }}>
      <Button type="text" size="small" aria-label={t("more")} icon={<MoreOutlined />} />
    </Dropdown>
  );
}

/** What is wrong here; `below` also with anything inside. */
function Faults({ path, below = false }: { path: string; below?: boolean }) {
  const t = useTexts(texts);
  const { faults } = use(NamesContext);
  const here = faults.filter(
    ({ field }) => field === path || (below && /^[.[]/.test(field.slice(path.length)) && field.startsWith(path)),
  );
  if (here.length === 0) return null;
  return (
    <div role="alert">
      <ul className="condition-faults">
        {here.map((one) => (
          <li key={one.field + one.code}>{one.code === "bad_name" && !one.got ? t("nameless") : told(one)}</li>
        ))}
      </ul>
    </div>
  );
}

function told({ message, hint, got, allowed }: Fault): string {
  return [message, got && `“${got}”`, hint || allowed].filter(Boolean).join(" · ");
}
