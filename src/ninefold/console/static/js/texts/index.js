// Looks words up in the language that is shown.

import { makeFormat } from "../format.js";
import { language } from "../preferences.js";
import en from "./en.js";
import zh from "./zh.js";

const TEXTS = { en, zh };
const FORMATS = { en: makeFormat("en"), zh: makeFormat("zh") };

/** The words of a key, with `{names}` filled in. */
export function t(key, values = {}) {
  const words = TEXTS[language()][key];
  if (words === undefined) throw new Error(`no words for ${key}`);
  return words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** The words for `n` things. */
export function tn(key, n) {
  return t(`${key}_${fmt().one(n) ? "one" : "other"}`, { n: fmt().count(n) });
}

/** True if there are words of our own for a key. */
export function has(key) {
  return key in TEXTS.en;
}

/** The word for a part of the system or its state; one we do not know is shown as it came. */
export function healthWord(found) {
  const key = `health.${found.split(",")[0]}`; // what follows a comma is an explanation we have words for
  return has(key) ? t(key) : found;
}

/** Number formats of the language that is shown. */
export function fmt() {
  return FORMATS[language()];
}

/** The fitting one of `{en, zh}` that came from the server; plain text passes. */
export function said(words) {
  if (words === null || words === undefined) return "";
  if (typeof words === "string") return words;
  return words[language()] || words.en || words.zh || "";
}
