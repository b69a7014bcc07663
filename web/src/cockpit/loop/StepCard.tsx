import { CheckOutlined, ExclamationCircleOutlined, MinusOutlined } from "@ant-design/icons";
import type { ReactNode } from "react";

import { type Format, useFormat } from "@/shared/format";
import { usePick, useSaid, useTexts } from "@/shared/i18n";
import { Rich } from "@/shared/ui";

import type { Figure, Step } from "../status";
import { STEPS, texts } from "./texts";

const LAST_USER_STEP = 4;
const ICONS: Record<Step["state"], ReactNode> = {
  ok: <CheckOutlined className="icon" />,
  idle: <MinusOutlined className="icon" />,
  attention: <ExclamationCircleOutlined className="icon" />,
};
const STATES = { ok: "stateOk", idle: "stateIdle", attention: "stateAttention" } as const;

export function StepCard({ step }: { step: Step }) {
  const t = useTexts(texts);
  const pick = usePick();
  const said = useSaid();
  const words = STEPS[step.number - 1];
  const note = said(step.note) || (step.state === "idle" && words ? pick(words.idle) : "");
  return (
    <li
      className="step"
      id={`step-${step.number}`}
      tabIndex={-1}
      data-group={step.number <= LAST_USER_STEP ? "users" : "marketing"}
      data-state={step.state}
    >
      <div className="step-head">
        <h3>
          <span className="badge">{step.number}</span> <span>{words && pick(words.name)}</span>
        </h3>
        <p className="mood">
          {ICONS[step.state]}
          <span>{t(STATES[step.state])}</span>
        </p>
      </div>
      <p className="step-hint">{words && pick(words.hint)}</p>
      <dl className="figures">
        {step.figures.map((figure) => (
          <FigureLine key={figure.key} figure={figure} />
        ))}
      </dl>
      {note && (
        <p className="note">
          <Rich text={note} />
        </p>
      )}
    </li>
  );
}

function FigureLine({ figure }: { figure: Figure }) {
  const said = useSaid();
  const { text, full } = written(figure, useFormat(), said);
  return (
    <div className="figure">
      <dt>{said(figure.label)}</dt>
      <dd data-kind={figure.kind} title={full}>
        {text}
      </dd>
    </div>
  );
}

/** A figure's text; `full` is the whole number where the text is shortened. */
function written(figure: Figure, format: Format, said: ReturnType<typeof useSaid>): { text: string; full?: string } {
  const value: unknown = figure.value; // a text may come in both languages
  if (figure.kind === "text") return { text: said(value as string | Record<string, string> | null) || "–" };
  const number = typeof value === "number" ? value : null;
  if (figure.kind === "share") return { text: format.share(number) };
  if (figure.kind === "seconds") return { text: format.span(number) };
  const money = figure.kind === "money";
  const text = money ? format.money(number, figure.currency) : format.count(number);
  const shortened = number !== null && /[^\d.,\s]$/u.test(text);
  return { text, full: shortened ? format.whole(number, money ? figure.currency : undefined) : undefined };
}
