// What a user chose for this browser: language and theme. Without a choice the browser's and the system's apply.

const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");

function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // storage is forbidden: the choice holds for this page
  }
}

/** "en" or "zh". */
export function language() {
  return root.lang.startsWith("zh") ? "zh" : "en";
}

export function chooseLanguage(next) {
  root.lang = next === "zh" ? "zh-CN" : "en";
  remember("ninefold.language", next);
}

/** "light" or "dark", as it is shown now. */
export function theme() {
  return root.dataset.theme ?? (dark.matches ? "dark" : "light");
}

/** Switches to the other theme; back at the system's own, the choice is forgotten and the page follows it again. */
export function switchTheme() {
  const next = theme() === "dark" ? "light" : "dark";
  const systems = next === (dark.matches ? "dark" : "light");
  if (systems) delete root.dataset.theme;
  else root.dataset.theme = next;
  remember("ninefold.theme", systems ? null : next);
}

/** Calls back when the system's theme changes. */
export function onSystemTheme(callback) {
  dark.addEventListener("change", callback);
}
