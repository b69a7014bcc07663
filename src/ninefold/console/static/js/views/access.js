// Asks for the API token when there is none, or when the one we had was not accepted.

import { attr, el, put, putRich, show } from "../dom.js";
import { t } from "../texts/index.js";

export function makeAccess(actions) {
  const title = el("h1", { id: "access-title" });
  const why = el("p", {});
  const label = el("label", { for: "token" });
  const input = el("input", {
    id: "token", type: "password", required: "", autocomplete: "off", spellcheck: "false", autocapitalize: "none",
    "aria-describedby": "token-hint token-error",
  });
  const reveal = el("button", { type: "button", class: "quiet", "aria-pressed": "false", onclick: toggle });
  const hint = el("p", { id: "token-hint", class: "muted" });
  const error = el("p", { id: "token-error", class: "field-error", role: "alert" });
  const send = el("button", { type: "submit", class: "primary" });
  const form = el("form", { onsubmit: submit },
    label, el("div", { class: "field" }, input, reveal), error, hint, send);
  const node = el("section", { class: "access", "aria-labelledby": "access-title", hidden: "" }, title, why, form);

  function toggle() {
    input.type = input.type === "password" ? "text" : "password";
    words();
    input.focus();
  }

  function submit(event) {
    event.preventDefault();
    const token = input.value.trim();
    if (token) actions.unlock(token);
  }

  function words() {
    const shown = input.type === "text";
    attr(reveal, "aria-pressed", String(shown));
    put(reveal, shown ? t("access.conceal") : t("access.reveal"));
  }

  function render({ phase, refused }) {
    const locked = phase === "locked";
    const opened = locked && node.hidden;
    show(node, locked);
    put(title, t("access.title"));
    put(why, t("access.why"));
    put(label, t("access.label"));
    putRich(hint, t("access.hint"));
    put(send, t("access.open"));
    put(error, locked && refused ? t("access.refused") : "");
    attr(input, "aria-invalid", refused ? "true" : null);
    words();
    if (phase === "live") input.value = ""; // a token that works is not left lying in the page
    if (opened) {
      input.focus();
      input.select();
    }
  }

  return { node, render };
}
