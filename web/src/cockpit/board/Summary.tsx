import { usePick, useTexts } from "@/shared/i18n";

import { useHealthWord } from "../loop/Pulse";
import { STEPS } from "../loop/texts";
import { type Status, isEmpty } from "../status";
import { texts } from "./texts";

/** In one line whether anything needs a person, and where. */
export function Summary({ status }: { status: Status }) {
  const t = useTexts(texts);
  const pick = usePick();
  const word = useHealthWord();
  const troubled = status.steps.filter((step) => step.state === "attention");
  const ok = status.steps.filter((step) => step.state === "ok").length;
  const ill = Object.entries(status.health).filter(([, found]) => found !== "ok");
  let words = t("summarySomeIdle", { ok, idle: status.steps.length - ok });
  if (troubled.length > 0) words = t("summaryAttention", { n: troubled.length });
  else if (isEmpty(status)) words = t("summaryEmpty");
  else if (ill.length > 0) words = "";
  else if (ok === status.steps.length) words = t("summaryAllOk");
  return (
    <p className="summary-line" role="status" data-attention={troubled.length + ill.length > 0 ? "" : undefined}>
      {ill.map(([part, found]) => t("summaryUnwell", { part: word(part), state: word(found) })).join(" ")} {words}{" "}
      {troubled.map((step) => {
        const name = STEPS[step.number - 1]?.name;
        return (
          <a key={step.number} href={`#step-${step.number}`}>
            {step.number} {name && pick(name)}
          </a>
        );
      })}
    </p>
  );
}
