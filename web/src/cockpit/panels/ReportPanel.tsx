import { CheckOutlined, ExclamationCircleOutlined, MinusOutlined } from "@ant-design/icons";

import { Interval, Meter, boundsOf } from "@/shared/charts";
import { useFormat } from "@/shared/format";
import { useSaid, useTexts } from "@/shared/i18n";
import { Command } from "@/shared/ui";

import type { Report } from "../status";
import "./panels.css";
import { texts } from "./texts";
import { useVerdict } from "./verdict";

/** What the newest campaign really brought: verdict, conversion of both groups, lift and money with their intervals. */
export function ReportPanel({ report }: { report: Report | null }) {
  const t = useTexts(texts);
  return (
    <section className="panel report" aria-labelledby="report-title">
      <h2 id="report-title">{t("reportTitle")}</h2>
      {report ? (
        <Found report={report} />
      ) : (
        <div className="empty">
          <p className="empty-title">{t("reportEmpty")}</p>
          <p className="muted">{t("reportEmptyHint")}</p>
          <Command>ninefold apply definitions</Command>
        </div>
      )}
    </section>
  );
}

function Found({ report }: { report: Report }) {
  const said = useSaid();
  const { kind, title, why } = useVerdict(report);
  const Icon =
    kind === "gain"
      ? CheckOutlined
      : kind === "loss" || kind === "distrust"
        ? ExclamationCircleOutlined
        : MinusOutlined;
  return (
    <div className="report-body" data-verdict={kind}>
      <p className="report-name" title={report.campaign}>
        {said(report.name) || report.campaign}
      </p>
      <p className="verdict">
        <Icon className="icon" />
        <strong>{title}</strong> <span>{why}</span>
      </p>
      <div className="report-parts">
        <Conversion report={report} />
        <Lift report={report} />
        <Money report={report} />
      </div>
    </div>
  );
}

function Conversion({ report }: { report: Report }) {
  const t = useTexts(texts);
  const { count, share } = useFormat();
  const arms = [
    { name: t("reportTreated"), people: report.treated, rate: report.conversion_treated, quiet: false },
    { name: t("reportControl"), people: report.control, rate: report.conversion_control, quiet: true },
  ];
  const most = Math.max(...arms.map((arm) => arm.rate ?? 0)) || 1;
  return (
    <div className="part conversion">
      <h3>{t("reportConversion")}</h3>
      {arms.map(({ name, people, rate, quiet }) => (
        <div key={name}>
          <p className="arm">
            <span>{name}</span> <span className="muted">{t("reportPeople", { n: count(people) })}</span>
            <strong>{share(rate)}</strong>
          </p>
          <Meter share={(rate ?? 0) / most} quiet={quiet} />
        </div>
      ))}
    </div>
  );
}

function Lift({ report: { lift_absolute: lift, lift_relative: relative, p_value: p } }: { report: Report }) {
  const t = useTexts(texts);
  const { points, share, count } = useFormat();
  const bounds = boundsOf(lift);
  const ratio = boundsOf(relative);
  const write = (value: number) => points(value, true);
  let side = bounds ? "" : t("reportNoRange");
  if (bounds && ratio) {
    const [value, low, high] = [ratio.value, ratio.low, ratio.high].map((one) => share(one, true)) as [
      string,
      string,
      string,
    ];
    side = t("reportRelativeRange", { value, low, high });
  } else if (bounds && relative?.value) side = t("reportRelative", { value: share(relative.value, true) });
  return (
    <div className="part lift">
      <h3>{t("reportLift")}</h3>
      <p className="part-value">
        {!lift || lift.value === null ? count(null) : t("reportPoints", { n: write(lift.value) })}
      </p>
      {bounds && (
        <Interval
          bounds={bounds}
          write={write}
          label={t("reportRange", { low: write(bounds.low), high: write(bounds.high) })}
        />
      )}
      <p className="muted part-side">{side}</p>
      {p !== null && (
        <p className="muted part-side">{p < 0.001 ? t("reportPSmall") : t("reportP", { p: p.toFixed(3) })}</p>
      )}
    </div>
  );
}

function Money({ report: { incremental_revenue: found, cost_minor: cost } }: { report: Report }) {
  const t = useTexts(texts);
  const { money, count } = useFormat();
  const bounds = boundsOf({ value: found.value_minor, low: found.low_minor, high: found.high_minor });
  const write = (value: number) => money(value, found.currency, { signed: true });
  const lines = [
    { name: t("reportCost"), amount: money(cost, found.currency) },
    ...(found.value_minor === null ? [] : [{ name: t("reportNet"), amount: write(found.value_minor - cost) }]),
  ];
  return (
    <div className="part money">
      <h3>{t("reportMoney")}</h3>
      <p className="part-value">{found.value_minor === null ? count(null) : write(found.value_minor)}</p>
      {bounds && (
        <Interval
          bounds={bounds}
          write={(value) => money(value, found.currency, { signed: true, brief: true })}
          label={t("reportRange", { low: write(bounds.low), high: write(bounds.high) })}
        />
      )}
      <dl className="lines">
        {lines.map(({ name, amount }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{amount}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
