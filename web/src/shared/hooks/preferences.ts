import { useSyncExternalStore } from "react";

import type { Language } from "../i18n";
import type { Theme } from "../theme";

/** What somebody chose for this browser. Without a choice the browser's language and the system's theme apply. */
interface Preferences {
  language: Language;
  theme: Theme;
}

const dark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();
let chosen: Partial<Preferences> = { ...stored("language", ["en", "zh"]), ...stored("theme", ["light", "dark"]) };
let now: Preferences = settle();

dark.addEventListener("change", changed);

export function usePreferences(): Preferences {
  return useSyncExternalStore(listen, () => now);
}

export function choose(next: Partial<Preferences>) {
  chosen = { ...chosen, ...next };
  // Back at the system's own theme, the choice is forgotten and the page follows the system again.
  if (chosen.theme === systems()) delete chosen.theme;
  for (const name of ["language", "theme"] as const) {
    try {
      if (chosen[name] === undefined) localStorage.removeItem(`ninefold.${name}`);
      else localStorage.setItem(`ninefold.${name}`, chosen[name]);
    } catch {
      // storage is forbidden: the choice holds for this page
    }
  }
  changed();
}

function systems(): Theme {
  return dark.matches ? "dark" : "light";
}

function settle(): Preferences {
  const browsers = navigator.languages.map((one) => one.slice(0, 2).toLowerCase());
  const known = browsers.find((one) => one === "zh" || one === "en");
  const settled: Preferences = {
    language: known === "zh" ? "zh" : "en",
    theme: systems(),
    ...chosen,
  };
  document.documentElement.lang = settled.language === "zh" ? "zh-CN" : "en";
  document.documentElement.style.colorScheme = settled.theme;
  return settled;
}

function changed() {
  now = settle();
  for (const listener of listeners) listener();
}

function listen(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function stored(name: keyof Preferences, allowed: string[]): Partial<Preferences> {
  try {
    const value = localStorage.getItem(`ninefold.${name}`);
    return value !== null && allowed.includes(value) ? { [name]: value } : {};
  } catch {
    return {};
  }
}
