import { Typography } from "antd";
import { Fragment } from "react";

import { common, useTexts } from "../i18n";
import "./ui.css";

interface Props {
  /** Text, or any value, which is shown as JSON. */
  value: unknown;
  language?: "json" | "sql" | "text";
}

const PARTS = {
  json: /("(?:[^"\\]|\\.)*"(?=\s*:))|("(?:[^"\\]|\\.)*")|(-?\b\d[\d.eE+-]*|\btrue\b|\bfalse\b|\bnull\b)/g,
  sql: /\b(select|from|where|and|or|not|in|group|by|order|having|join|left|inner|on|with|as|case|when|then|else|end|limit|union|all|distinct|between|is|null|interval|over|partition|if)\b|('(?:[^']|'')*')|(\b\d[\d.]*\b)/gi,
  text: /$^/g,
};
const KINDS = ["code-word", "code-string", "code-number"];

/** JSON, SQL or plain text to read and to copy. */
export function CodeView({ value, language = typeof value === "string" ? "text" : "json" }: Props) {
  const t = useTexts(common);
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return (
    <div className="code-view">
      <Typography.Text className="code-copy" copyable={{ text, tooltips: [t("copy"), t("copied")] }} />
      <pre tabIndex={0}>{coloured(text, language)}</pre>
    </div>
  );
}

function coloured(text: string, language: "json" | "sql" | "text") {
  const found = [];
  let at = 0;
  for (const match of text.matchAll(PARTS[language])) {
    const kind = match.slice(1).findIndex((group) => group !== undefined);
    found.push(<Fragment key={at}>{text.slice(at, match.index)}</Fragment>);
    found.push(
      <span key={`${match.index}`} className={KINDS[kind]}>
        {match[0]}
      </span>,
    );
    at = match.index + match[0].length;
  }
  return [...found, <Fragment key="end">{text.slice(at)}</Fragment>];
}
