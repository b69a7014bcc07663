// The frame of the page: header with freshness and switches, banner for trouble, summary line, footer.

import { attr, el, icon, keyed, put, putRich, show } from "../dom.js";
import { chooseLanguage, language, switchTheme, theme } from "../preferences.js";
import { fmt, healthWord, t, tn } from "../texts/index.js";

const STALE_S = 10;

/** Product, freshness, language, theme, leaving. */
export function makeHeader(actions) {
  const mark = el("img", { src: new URL("../../icon.svg", import.meta.url).pathname, alt: "", width: 26, height: 26 });
  const live = el("span", { class: "live-word" });
  const fresh = el("span", { class: "live-fresh" });
  const liveBox = el("p", { class: "live" }, el("span", { class: "live-dot" }), live, fresh);
  const words = el("button", {
    type: "button",
    class: "quiet",
    onclick: () => {
      chooseLanguage(language() === "zh" ? "en" : "zh");
      actions.redraw();
    },
  });
  const shade = icon("moon");
  const themes = el("button", {
    type: "button",
    class: "quiet square",
    onclick: () => {
      switchTheme();
      actions.redraw();
    },
  }, shade.node);
  const leave = el("button", { type: "button", class: "quiet square", onclick: actions.leave }, icon("leave").node);
  const brand = el("div", { class: "brand" }, mark, el("span", { class: "product" }, "Ninefold"));
  const node = el("header", { class: "top" }, el("div", { class: "top-row" }, brand, liveBox, words, themes, leave));

  function render(state) {
    const { phase, status } = state;
    show(liveBox, phase !== "locked");
    const age = ageSeconds(state);
    attr(liveBox, "data-live", phase === "live" && age < STALE_S ? "on" : phase === "loading" ? "wait" : "off");
    put(live, phase === "live" ? t("live.on") : phase === "loading" ? "" : t("live.off"));
    put(fresh, status ? freshness(age) : phase === "loading" ? t("live.loading") : "");
    put(words, t("app.language"));
    attr(words, "lang", language() === "zh" ? "en" : "zh-CN");
    label(words, t("app.languageHint"));
    shade.use(theme() === "dark" ? "sun" : "moon");
    label(themes, theme() === "dark" ? t("app.toLight") : t("app.toDark"));
    label(leave, t("app.leave"));
    show(leave, phase !== "locked");
  }

  return { node, render };
}

function label(button, text) {
  attr(button, "title", text);
  attr(button, "aria-label", text);
}

function ageSeconds({ status, ageMs, receivedAt }) {
  return status ? Math.max(0, Math.floor((performance.now() - receivedAt + ageMs) / 1000)) : 0;
}

function freshness(age) {
  return age < 1 ? t("live.now") : t("live.fresh", { ago: fmt().span(age) });
}

/** What is wrong, since when the numbers stand still, and when the next attempt is made. */
export function makeBanner(actions) {
  const what = el("strong", {});
  const hint = el("span", {});
  const alert = el("p", { role: "alert" }, what, " ", hint);
  const when = el("span", {});
  const next = el("span", {});
  const retry = el("button", { type: "button", onclick: actions.retry });
  const node = el("section", { class: "banner trouble", hidden: "" },
    alert, el("p", { class: "banner-next" }, when, " ", next), retry);

  function render({ phase, problem, status, receivedAt, ageMs, retryAt }) {
    const lost = phase === "lost";
    show(node, lost);
    if (!lost) {
      put(what, "");
      putRich(hint, "");
      return;
    }
    attr(node, "data-alone", status ? null : "");
    attr(what, "role", status ? null : "heading");
    attr(what, "aria-level", status ? null : 1);
    put(what, t(`lost.${problem.kind}`, { code: problem.code }));
    putRich(hint, problem.kind === "server"
      ? [problem.message, problem.hint].filter(Boolean).map(sentence).join(" ")
      : t(problem.kind === "network" ? "lost.hintNetwork" : "lost.hintFormat"));
    const taken = new Date(Date.now() - (performance.now() - receivedAt) - ageMs);
    put(when, status ? t("lost.numbers", { at: fmt().clock(taken, true) }) : "");
    const left = Math.ceil((retryAt - performance.now()) / 1000);
    put(next, left > 0 ? t("lost.retryIn", { span: fmt().span(left) }) : t("lost.retrying"));
    put(retry, t("lost.retry"));
  }

  return { node, render };
}

function sentence(words) {
  return words[0].toUpperCase() + words.slice(1) + (/[.!?。！？]$/.test(words) ? "" : ".");
}

/** Says that the server is newer than this page. */
export function makeNotice() {
  const words = el("p", { role: "status" });
  const reload = el("button", { type: "button", onclick: () => location.reload() });
  const node = el("section", { class: "banner notice", hidden: "" }, words, reload);
  let version = null;

  function render({ status }) {
    version ??= status?.version ?? null;
    const newer = status !== null && status.version !== version;
    show(node, newer);
    put(words, newer ? t("app.updated", { version: status.version }) : "");
    put(reload, t("app.reload"));
  }

  return { node, render };
}

/** Whose numbers these are, and in one line whether anything needs a person. */
export function makeSummary() {
  const brand = el("h1", {});
  const unwell = el("span", {});
  const words = el("span", {});
  const links = el("span", { class: "summary-links" });
  const line = el("p", { class: "summary-line" }, unwell, " ", words, " ", links);
  const node = el("div", { class: "summary" }, brand, line);
  const update = keyed(links, (step) => step.number, () => {
    const link = el("a", {});
    return {
      node: link,
      update(step) {
        attr(link, "href", `#step-${step.number}`);
        put(link, `${step.number} ${t(`step.${step.number}`)}`);
      },
    };
  });

  function render({ phase, status }) {
    attr(node, "data-waiting", status ? null : "");
    show(line, phase !== "lost"); // old news is no verdict
    put(brand, status ? status.brand || "Ninefold" : "\u00a0");
    const steps = status?.steps ?? [];
    const troubled = steps.filter((step) => step.state === "attention");
    const ok = steps.filter((step) => step.state === "ok").length;
    const ill = Object.entries(status?.health ?? {}).filter(([, found]) => found !== "ok");
    attr(line, "data-attention", troubled.length || ill.length ? "" : null);
    put(unwell, ill.map(([part, found]) => unwellWords(part, found)).join(" "));
    if (!status) put(words, "\u00a0");
    else if (troubled.length) put(words, tn("summary.attention", troubled.length));
    else if (isEmpty(status)) put(words, t("summary.empty"));
    else if (ill.length) put(words, "");
    else if (ok === 9) put(words, t("summary.allOk"));
    else put(words, t("summary.someIdle", { ok, idle: steps.length - ok }));
    update(troubled);
  }

  return { node, render };
}

function unwellWords(part, found) {
  return t("summary.unwell", { part: healthWord(part), state: healthWord(found) });
}

/** True where nothing has ever come in: every step idle, no events, nothing running, nothing reported. */
export function isEmpty({ steps, activity, running, report }) {
  const quiet = activity.every((minute) => !minute.events) && !(running ?? []).length && !report;
  return quiet && steps.every((step) => step.state === "idle");
}

/** Version and time zone. */
export function makeFooter() {
  const version = el("span", {});
  const zone = el("span", {});
  const node = el("footer", { class: "foot" }, version, zone);

  function render({ status }) {
    put(version, status ? t("app.version", { version: status.version }) : "");
    put(zone, status ? t("app.zone", { zone: Intl.DateTimeFormat().resolvedOptions().timeZone }) : "");
  }

  return { node, render };
}
