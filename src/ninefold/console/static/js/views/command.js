// A command line to run, with a button that copies it.

import { attr, el, icon, put } from "../dom.js";
import { t } from "../texts/index.js";

const SHOWN_MS = 1600;

export function makeCommand(command) {
  const code = el("code", {}, command);
  const sign = icon("copy");
  const told = el("span", { class: "copied", role: "status" });
  const button = el("button", { type: "button", class: "quiet square", onclick: copy }, sign.node);
  const node = el("div", { class: "command" }, code, told, button);

  async function copy() {
    try {
      await navigator.clipboard.writeText(command);
    } catch {
      getSelection().selectAllChildren(code); // no clipboard here: it is marked, ready for the keyboard
      return;
    }
    sign.use("done");
    put(told, t("copied"));
    setTimeout(() => {
      sign.use("copy");
      put(told, "");
    }, SHOWN_MS);
  }

  function render() {
    attr(button, "aria-label", t("copy", { command }));
    attr(button, "title", t("copy", { command }));
  }

  return { node, render };
}
