// What is being worked on now, with progress; else how to start something.

import { attr, el, icon, keyed, put, show } from "../dom.js";
import { COMMANDS } from "../commands.js";
import { fmt, has, t } from "../texts/index.js";
import { makeCommand } from "./command.js";

const ICONS = { import: "import", connector: "import", segment: "segment" };
const GUESS_AFTER_S = 5; // before that, what is left cannot be told

export function makeRunning() {
  const title = el("h2", { id: "running-title" });
  const list = el("ul", { class: "jobs", role: "list" });
  const nothing = el("p", { class: "empty-title" });
  const hint = el("p", { class: "muted" });
  const command = makeCommand(COMMANDS.import);
  const empty = el("div", { class: "empty" }, nothing, hint, command.node);
  const node = el("section", { class: "panel running", "aria-labelledby": "running-title" }, title, list, empty);
  const update = keyed(list, (job) => `${job.kind}/${job.name}/${job.since}`, makeJob);

  function render(state) {
    const jobs = state.status?.running ?? [];
    put(title, t("running.title"));
    attr(node, "data-waiting", state.status ? null : "");
    show(list, jobs.length > 0);
    show(empty, state.status !== null && jobs.length === 0);
    put(nothing, t("running.empty"));
    put(hint, t("running.emptyHint"));
    command.render();
    update(jobs.map((job) => ({ ...job, seconds: secondsSince(job.since, state) })));
  }

  return { node, render };
}

/** How long ago `since` was by the server's clock. */
function secondsSince(since, { status, ageMs, receivedAt }) {
  const then = Date.parse(status.as_of) - Date.parse(since);
  return Math.max(0, Math.round((then + ageMs + performance.now() - receivedAt) / 1000));
}

/** A guess, no finer than it can be known: up to 5 seconds, 1 minute or 10 minutes. */
function roughly(seconds) {
  const grain = seconds < 60 ? 5 : seconds < 3600 ? 60 : 600;
  return Math.ceil(seconds / grain) * grain;
}

function makeJob({ kind }) {
  const [name, word, amount, share, times] = ["strong", "span", "span", "span", "span"].map((tag) => el(tag, {}));
  const bar = el("progress", {});
  const node = el("li", { class: "job" },
    el("div", { class: "job-head" }, icon(ICONS[kind] ?? "campaign").node, name, word),
    bar,
    el("div", { class: "job-foot muted" }, amount, share, times));
  attr(word, "class", "chip");

  function update({ name: title, done, total, seconds }) {
    const { count, span } = fmt();
    const known = total > 0;
    const part = known ? Math.min(1, done / total) : 0;
    const kindWord = has(`running.${kind}`) ? t(`running.${kind}`) : kind;
    put(name, title);
    attr(name, "title", title);
    put(word, kindWord);
    attr(bar, "aria-label", t("running.bar", { kind: kindWord, name: title }));
    attr(bar, "value", known ? part.toFixed(4) : null);
    put(amount, known
      ? t("running.progress", { done: count(done), total: count(total) })
      : t("running.doneOnly", { done: count(done) }));
    // Never "100 %" before the end.
    put(share, known ? fmt().share(done < total ? Math.min(part, 0.999) : 1) : "");
    const left = known && part > 0 && part < 1 && seconds >= GUESS_AFTER_S ? (seconds * (1 - part)) / part : null;
    put(times, left === null ? t("running.since", { span: span(seconds) }) : t("running.left", { span: span(roughly(left)) }));
    attr(times, "title", t("running.since", { span: span(seconds) }));
  }

  return { node, update };
}
