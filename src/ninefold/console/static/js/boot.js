// Runs before the first paint: sets the chosen theme and language, so that nothing flashes.
(function () {
  "use strict";
  const root = document.documentElement;
  let theme = null;
  let language = null;
  try {
    theme = localStorage.getItem("ninefold.theme");
    language = localStorage.getItem("ninefold.language");
  } catch {
    // storage is forbidden: the system's theme and the browser's language apply
  }
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  const wanted = [language, ...navigator.languages].map((one) => (one || "").slice(0, 2).toLowerCase());
  root.lang = wanted.find((one) => one === "zh" || one === "en") === "zh" ? "zh-CN" : "en";
})();
