import { ImportOutlined, PieChartOutlined, SendOutlined } from "@ant-design/icons";
import { useEffect, useState } from "react";

import { useFormat } from "@/shared/format";
import { useTexts } from "@/shared/i18n";
import { Command } from "@/shared/ui";

import type { Running } from "../status";
import "./panels.css";
import { texts } from "./texts";

const GUESS_AFTER_S = 5; // before that, what is left cannot be told
const ICONS = { import: ImportOutlined, connector: ImportOutlined, segment: PieChartOutlined, campaign: SendOutlined };
const WORDS = {
  import: "runningImport",
  connector: "runningConnector",
  segment: "runningSegment",
  campaign: "runningCampaign",
} as const;

/** What is being worked on now, with progress; else how to start something. `asOf` is the server's clock. */
export function RunningPanel({ jobs, asOf }: { jobs: Running[]; asOf: string }) {
  const t = useTexts(texts);
  const seconds = useSecondsSince(asOf);
  return (
    <section className="panel running" aria-labelledby="running-title">
      <h2 id="running-title">{t("runningTitle")}</h2>
      {jobs.length > 0 ? (
        <ul className="jobs" role="list">
          {jobs.map((job) => (
            <Job
              key={`${job.kind}/${job.name}/${job.since}`}
              job={job}
              seconds={Math.max(0, Math.round((Date.parse(asOf) - Date.parse(job.since)) / 1000) + seconds)}
            />
          ))}
        </ul>
      ) : (
        <div className="empty">
          <p className="empty-title">{t("runningEmpty")}</p>
          <p className="muted">{t("runningEmptyHint")}</p>
          <Command>ninefold import orders.csv --guess</Command>
        </div>
      )}
    </section>
  );
}

function Job({ job: { kind, name, done, total }, seconds }: { job: Running; seconds: number }) {
  const t = useTexts(texts);
  const { count, span, share } = useFormat();
  const Icon = ICONS[kind];
  const kindWord = t(WORDS[kind]);
  const part = total ? Math.min(1, done / total) : null;
  const left = part !== null && part > 0 && part < 1 && seconds >= GUESS_AFTER_S ? (seconds * (1 - part)) / part : null;
  return (
    <li className="job">
      <div className="job-head">
        <Icon className="icon" />
        <strong title={name}>{name}</strong>
        <span className="chip">{kindWord}</span>
      </div>
      <progress aria-label={t("runningBar", { kind: kindWord, name })} value={part ?? undefined} />
      <div className="job-foot muted">
        <span>
          {total
            ? t("runningProgress", { done: count(done), total: count(total) })
            : t("runningDoneOnly", { done: count(done) })}
        </span>
        {/* Never "100 %" before the end. */}
        {part !== null && total && <span>{share(done < total ? Math.min(part, 0.999) : 1)}</span>}
        <span title={t("runningSince", { span: span(seconds) })}>
          {left === null ? t("runningSince", { span: span(seconds) }) : t("runningLeft", { span: span(roughly(left)) })}
        </span>
      </div>
    </li>
  );
}

/** A guess, no finer than it can be known: up to 5 seconds, 1 minute or 10 minutes. */
function roughly(seconds: number): number {
  const grain = seconds < 60 ? 5 : seconds < 3600 ? 60 : 600;
  return Math.ceil(seconds / grain) * grain;
}

/** Whole seconds since a value came in; they move on while nothing newer comes. */
function useSecondsSince(value: string): number {
  const [ticks, setTicks] = useState({ value, seconds: 0 });
  useEffect(() => {
    const timer = setInterval(
      () => setTicks((old) => ({ value, seconds: old.value === value ? old.seconds + 1 : 1 })),
      1000,
    );
    return () => clearInterval(timer);
  }, [value]);
  return ticks.value === value ? ticks.seconds : 0;
}
