// Wires the page: one state from the client, every view drawn from it; once a second the clocks move on.

import { watchStatus } from "./client.js";
import { el, put, show } from "./dom.js";
import { onSystemTheme } from "./preferences.js";
import { t, said } from "./texts/index.js";
import { makeAccess } from "./views/access.js";
import { makeBanner, makeFooter, makeHeader, makeNotice, makeSummary } from "./views/frame.js";
import { makeLoop } from "./views/loop.js";
import { makeReport } from "./views/report.js";
import { makeRunning } from "./views/running.js";

let state = null;
let heard = { phase: "", attention: "" };

const actions = {
  retry: () => client.retry(),
  leave: () => client.leave(),
  unlock: (token) => client.unlock(token),
  redraw: () => draw(),
};

const skip = el("a", { class: "skip", href: "#loop" });
const announcer = el("div", { class: "unseen", role: "status", "aria-live": "polite" });
const header = makeHeader(actions);
const banner = makeBanner(actions);
const notice = makeNotice();
const access = makeAccess(actions);
const summary = makeSummary();
const loop = makeLoop();
const running = makeRunning();
const report = makeReport();
const footer = makeFooter();

const panels = el("div", { class: "panels" }, report.node, running.node);
const board = el("div", { class: "board" }, summary.node, loop.node, panels);
const main = el("main", { id: "main" }, banner.node, notice.node, access.node, board);
document.body.append(skip, header.node, main, footer.node, announcer);

/** Draws everything from the state; cheap, since nodes change only where their content does. */
function draw() {
  const { phase, status } = state;
  put(skip, t("app.skip"));
  document.title = status ? t("app.title", { brand: status.brand }) : "Ninefold";
  document.body.dataset.phase = phase;
  const open = phase !== "locked" && (phase !== "lost" || status !== null);
  show(board, open);
  show(skip, open);
  main.setAttribute("aria-busy", String(phase === "loading"));
  for (const view of [header, banner, notice, access, summary, loop, running, report, footer]) view.render(state);
  announce();
}

/** Tells screen readers what a glance would notice: the connection, and steps that newly need attention. */
function announce() {
  const { phase, status } = state;
  const troubled = (status?.steps ?? []).filter((step) => step.state === "attention");
  const attention = troubled.map((step) => step.number).join();
  if (phase === "live" && heard.phase === "lost") put(announcer, t("lost.back"));
  else if (attention !== heard.attention) {
    put(announcer, troubled.map((step) => `${step.number} ${t(`step.${step.number}`)}: ${said(step.note)}`).join(" "));
  }
  heard = { phase, attention };
}

const client = watchStatus((next) => {
  state = next;
  draw();
});

setInterval(() => {
  for (const view of [header, banner, running]) view.render(state);
}, 1000);
onSystemTheme(draw);
