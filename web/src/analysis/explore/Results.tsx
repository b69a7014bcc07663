import { Button } from "antd";
import { useMemo } from "react";

import type { Schema } from "@/shared/api";
import { useFormat } from "@/shared/format";
import { usePick, useTexts } from "@/shared/i18n";
import { EmptyState } from "@/shared/ui";

import { Chart } from "./Chart";
import type { Analysed, Crowd } from "./queries";
import { type Cell, type Sheet, sheetsOf, telling } from "./tables";
import { texts } from "./texts";
import { wordsOf } from "./words";

interface Props {
  result: Analysed["result"];
  open: (crowd: Crowd, title: string) => void;
}

/** The numbers as a chart and as tables; each number of people opens the people. */
export function Results({ result, open }: Props) {
  switch (result.method) {
    case "funnel":
      return <FunnelResult result={result} open={open} />;
    case "retention":
      return <RetentionResult result={result} open={open} />;
    case "event":
      return (
        <>
          <EventChart result={result} />
          <Sheets result={result} open={open} />
        </>
      );
    default:
      return <Sheets result={result} open={open} />;
  }
}

function Sheets({ result, open }: Props) {
  const t = useTexts(texts);
  const sheets = useMemo(() => sheetsOf(result as unknown as Record<string, unknown>).map(telling), [result]);
  if (sheets.length === 0) return <EmptyState title={t("empty")}>{t("emptyText")}</EmptyState>;
  return (
    <>
      {sheets.map((sheet) => (
        <SheetView key={sheet.title} sheet={sheet} open={open} />
      ))}
    </>
  );
}

const MOST_ROWS = 500;

function SheetView({ sheet, open }: { sheet: Sheet; open: Props["open"] }) {
  const pick = usePick();
  const head = (name: string) => wordsOf(name, pick);
  const numeric = sheet.columns.map((_, place) => sheet.rows.some((row) => typeof row[place]?.value === "number"));
  return (
    <div className="card analysis-scroll" tabIndex={0} role="region" aria-label={head(sheet.title)}>
      <table className="analysis-table">
        <caption>{head(sheet.title)}</caption>
        <thead>
          <tr>
            {sheet.columns.map((name, place) => (
              <th key={name} scope="col" className={numeric[place] ? "number" : ""}>
                {head(name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sheet.rows.slice(0, MOST_ROWS).map((row, at) => (
            <tr key={at}>
              {row.map((cell, place) => (
                <td key={place} className={numeric[place] ? "number" : ""}>
                  <CellView cell={cell} title={titleOf(row, head(sheet.columns[place] ?? ""))} open={open} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function titleOf(row: Cell[], head: string): string {
  const words = row.map(({ value }) => value).filter((value) => typeof value === "string" && value !== "");
  return [...words, head].join(" · ");
}

function CellView({ cell, title, open }: { cell: Cell; title: string; open: Props["open"] }) {
  const format = useFormat();
  const pick = usePick();
  const { value, kind, crowd } = cell;
  if (value === null) return <>–</>;
  if (typeof value === "boolean") return <>{wordsOf(String(value), pick)}</>;
  if (typeof value !== "number") return <>{value}</>;
  if (kind === "seconds") return <>{format.span(value)}</>;
  if (kind === "share") return <>{format.share(value)}</>;
  return crowd ? <People count={value} crowd={crowd} title={title} open={open} /> : <>{format.count(value)}</>;
}

function People({ count, crowd, title, open }: { count: number; crowd: Crowd; title: string; open: Props["open"] }) {
  const format = useFormat();
  if (count === 0) return <>0</>;
  return (
    <Button
      type="link"
      className="analysis-people"
      aria-label={`${title}: ${count}`}
      onClick={() => open(crowd, title)}
    >
      {format.count(count)}
    </Button>
  );
}

function FunnelResult({ result, open }: { result: Schema<"FunnelResult">; open: Props["open"] }) {
  const t = useTexts(texts);
  const option = useMemo(
    () => ({
      xAxis: { type: "category", data: result.steps.map((one) => one.label) },
      yAxis: { type: "value" },
      series: [{ type: "bar", name: t("reached"), barMaxWidth: 64, data: result.steps.map((one) => one.people) }],
    }),
    [result, t],
  );
  if (!result.steps[0]?.people) return <EmptyState title={t("empty")}>{t("emptyText")}</EmptyState>;
  return (
    <>
      <div className="card">
        <Chart option={option} label={t("funnel")} />
      </div>
      <FunnelTable title={t("total")} steps={result.steps} open={open} />
      {result.groups.map((one) => {
        const name = one.others ? t("others") : (one.value ?? t("without"));
        return <FunnelTable key={name} title={name} steps={one.steps} open={open} />;
      })}
      {result.periods.map((one) => (
        <FunnelTable key={one.period} title={one.period} steps={one.steps} open={open} />
      ))}
    </>
  );
}

function FunnelTable({
  title,
  steps,
  open,
}: {
  title: string;
  steps: readonly Schema<"FunnelStep">[];
  open: Props["open"];
}) {
  const t = useTexts(texts);
  const format = useFormat();
  const heads = [t("step"), t("reached"), t("ofFirst"), t("ofPrevious"), t("dropped"), t("median")];
  return (
    <div className="card analysis-scroll" tabIndex={0} role="region" aria-label={title}>
      <table className="analysis-table">
        <caption>{title}</caption>
        <thead>
          <tr>
            {heads.map((one, at) => (
              <th key={one} scope="col" className={at > 0 ? "number" : ""}>
                {one}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {steps.map((one) => (
            <tr key={one.step}>
              <th scope="row">
                {one.step}. {one.label}
              </th>
              <td className="number">
                <People count={one.people} crowd={one.crowd} title={`${one.label} · ${t("reached")}`} open={open} />
              </td>
              <td className="number">{format.share(one.of_first)}</td>
              <td className="number">{format.share(one.of_previous)}</td>
              <td className="number">
                {one.step > 1 && (
                  <People
                    count={one.dropped}
                    crowd={one.dropped_crowd}
                    title={`${one.label} · ${t("dropped")}`}
                    open={open}
                  />
                )}
              </td>
              <td className="number">{format.span(one.since_previous?.median)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function RetentionResult({ result, open }: { result: Schema<"RetentionResult">; open: Props["open"] }) {
  const t = useTexts(texts);
  const format = useFormat();
  const option = useMemo(
    () => ({
      xAxis: { type: "category", data: result.columns.map((one) => one.label) },
      yAxis: { type: "value", axisLabel: { formatter: (share: number) => format.share(share) } },
      series: [{ type: "line", name: t("retention"), data: result.columns.map((one) => one.rate) }],
    }),
    [result, t, format],
  );
  if (result.cohorts.length === 0) return <EmptyState title={t("empty")}>{t("emptyText")}</EmptyState>;
  return (
    <>
      <div className="card">
        <Chart option={option} label={t("retention")} />
      </div>
      <div className="card analysis-scroll" tabIndex={0} role="region" aria-label={t("retention")}>
        <table className="analysis-table">
          <thead>
            <tr>
              <th scope="col">{t("cohort")}</th>
              <th scope="col" className="number">
                {t("persons")}
              </th>
              {result.columns.map((one) => (
                <th key={one.column} scope="col" className="number">
                  {one.label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">{t("total")}</th>
              <td />
              {result.columns.map((one) => (
                <td key={one.column} className="number">
                  {format.share(one.rate)}
                </td>
              ))}
            </tr>
            {result.cohorts.map((cohort) => (
              <tr key={cohort.period}>
                <th scope="row">{cohort.period}</th>
                <td className="number">
                  <People count={cohort.people} crowd={cohort.crowd} title={cohort.period} open={open} />
                </td>
                {cohort.cells.map((cell) => (
                  <td key={cell.column} className="number" style={{ background: shade(cell.rate) }}>
                    <People
                      count={cell.people}
                      crowd={cell.crowd}
                      title={`${cohort.period} · ${result.columns[cell.column]?.label ?? ""}`}
                      open={open}
                    />
                    <span className="muted"> {cell.complete ? format.share(cell.rate) : "…"}</span>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function shade(rate: number | null): string | undefined {
  if (rate === null) return undefined;
  return `color-mix(in srgb, var(--ant-color-primary) ${Math.round(Math.min(1, rate) * 28)}%, transparent)`;
}

function EventChart({ result }: { result: Schema<"EventResult"> }) {
  const t = useTexts(texts);
  const option = useMemo(() => {
    const named = result.series.map((one) => {
      const label = result.measures[one.measure - 1]?.label ?? "";
      const group = one.others ? t("others") : (one.value ?? t("without"));
      return { ...one, name: one.grouped ? `${label} · ${group}` : label };
    });
    const split = named.find((one) => one.points.length > 0);
    return split
      ? {
          xAxis: { type: "category", data: split.points.map((one) => one.period) },
          yAxis: { type: "value" },
          series: named.map((one) => ({
            type: "line",
            name: one.name,
            showSymbol: one.points.length < 40,
            data: one.points.map((point) => point.number.value),
          })),
        }
      : {
          xAxis: { type: "category", data: named.map((one) => one.name) },
          yAxis: { type: "value" },
          series: [{ type: "bar", barMaxWidth: 64, data: named.map((one) => one.total.value) }],
        };
  }, [result, t]);
  return (
    <div className="card">
      <Chart option={option} label={t("event")} />
    </div>
  );
}
