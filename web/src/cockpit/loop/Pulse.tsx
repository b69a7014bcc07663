import { CheckOutlined, ExclamationCircleOutlined } from "@ant-design/icons";

import { Bars } from "@/shared/charts";
import { useFormat } from "@/shared/format";
import { usePick, useTexts } from "@/shared/i18n";

import { Start } from "../panels/Start";
import { type Status, isEmpty } from "../status";
import { HEALTH, texts } from "./texts";

const MINUTES = 30;
const MINUTE_MS = 60_000;
const PARTS = ["records", "events", "pipeline"];

/** The middle of the loop: events per minute and the health of the parts; before the first event, how to start. */
export function Pulse({ status }: { status: Status }) {
  return (
    <div className="pulse">
      {isEmpty(status) ? <Start /> : <Flow status={status} />}
      <Health health={status.health} />
    </div>
  );
}

/** Thirty whole minutes up to `as_of`; minutes the answer leaves out had no events. */
function minutesOf({ as_of: asOf, activity }: Status) {
  const known = new Map(activity.map(({ minute, events }) => [Math.floor(Date.parse(minute) / MINUTE_MS), events]));
  const last = Math.floor(Date.parse(asOf) / MINUTE_MS);
  return Array.from({ length: MINUTES }, (_, at) => {
    const minute = last - MINUTES + 1 + at;
    return { at: new Date(minute * MINUTE_MS), events: known.get(minute) ?? 0 };
  });
}

function Flow({ status }: { status: Status }) {
  const t = useTexts(texts);
  const { count, clock } = useFormat();
  const minutes = minutesOf(status);
  const values = minutes.map((minute) => minute.events);
  const total = values.reduce((sum, one) => sum + one, 0);
  const peak = minutes.reduce((best, one) => (one.events > best.events ? one : best));
  const [whole, filling] = minutes.slice(-2); // the last one is not over yet
  return (
    <section className="flow" aria-labelledby="pulse-title">
      <div className="flow-head">
        <h3 id="pulse-title">{t("pulseTitle")}</h3>
        <p className="muted">{t("pulseTotal", { n: count(total), peak: count(peak.events) })}</p>
      </div>
      <p className="rate">
        <span className="rate-value">{count(whole?.events)}</span> <span className="rate-unit">{t("pulseRate")}</span>{" "}
        <span className="rate-side">{t("pulseRateAt", { at: clock(whole?.at) })}</span>
      </p>
      <Bars
        values={values}
        open={1}
        label={
          total
            ? t("pulseChart", { n: count(total), peak: count(peak.events), at: clock(peak.at) })
            : t("pulseChartEmpty")
        }
        words={(at) => t("pulseBar", { at: clock(minutes[at]?.at), n: count(values[at]) })}
      />
      <p className="axis">
        <span>{t("pulseFrom")}</span>
        <span className="axis-middle">{t("pulseCurrent", { n: count(filling?.events) })}</span>
        <span>{t("pulseTo")}</span>
      </p>
    </section>
  );
}

function Health({ health }: { health: Status["health"] }) {
  const t = useTexts(texts);
  const words = useHealthWord();
  const parts = [
    ...PARTS.filter((part) => part in health),
    ...Object.keys(health).filter((part) => !PARTS.includes(part)),
  ];
  return (
    <section className="health" aria-labelledby="health-title">
      <h3 id="health-title">{t("healthTitle")}</h3>
      <dl>
        {parts.map((part) => {
          const found = health[part] ?? "";
          const mark = found === "ok" ? "ok" : found === "lagging" ? "slow" : "bad";
          return (
            <div key={part}>
              <dt>{words(part)}</dt>
              <dd data-health={mark}>
                {found === "ok" ? <CheckOutlined className="icon" /> : <ExclamationCircleOutlined className="icon" />}
                {words(found)}
              </dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}

/** The word for a part of the system or its state; what follows a comma is an explanation we have words for. */
export function useHealthWord(): (found: string) => string {
  const pick = usePick();
  return (found) => {
    const known = HEALTH[found.split(",")[0] ?? ""];
    return known ? pick(known) : found;
  };
}
