import { useTexts } from "@/shared/i18n";

import type { Status } from "../status";
import "./loop.css";
import { Pulse } from "./Pulse";
import { StepCard } from "./StepCard";
import { texts } from "./texts";
import { Track } from "./Track";

/** The nine steps as one closed loop with the stream of events in its middle. */
export function Loop({ status, live }: { status: Status; live: boolean }) {
  const t = useTexts(texts);
  return (
    <section className="loop" id="loop" aria-labelledby="loop-title" tabIndex={-1}>
      <h2 id="loop-title" className="unseen">
        {t("loopTitle")}
      </h2>
      <Track flowing={live && isFlowing(status)} />
      <p className="group" data-group="users">
        <strong>{t("groupUsers")}</strong> <span>{t("groupSteps", { from: 1, to: 4 })}</span>
      </p>
      <ol className="steps" role="list" aria-labelledby="loop-title">
        {status.steps.map((step) => (
          <StepCard key={step.number} step={step} />
        ))}
      </ol>
      <Pulse status={status} />
      <p className="back">
        <span className="back-sign">
          <strong>{t("loopBack")}</strong>
          <span>{t("loopBackHint")}</span>
        </span>
      </p>
      <p className="group" data-group="marketing">
        <strong>{t("groupMarketing")}</strong> <span>{t("groupSteps", { from: 5, to: 9 })}</span>
      </p>
    </section>
  );
}

/** True if events came in during the last two minutes and are being handled. */
function isFlowing({ activity, health }: Status): boolean {
  return health["pipeline"] !== "stopped" && activity.slice(-2).some((minute) => minute.events > 0);
}
