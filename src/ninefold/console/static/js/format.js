// Numbers, money, shares, spans and times as people read them, in English and Chinese.

const NONE = "–";
const FULL_BELOW = 1e7; // larger numbers are shortened; the whole one stands in the tooltip

/** Formatters of one language ("en" | "zh"). Money is in minor units of its currency. */
export function makeFormat(language) {
  const locale = language === "zh" ? "zh-CN" : "en";
  const cache = new Map();
  const number = (options) => {
    const key = JSON.stringify(options);
    if (!cache.has(key)) cache.set(key, new Intl.NumberFormat(locale, options));
    return cache.get(key);
  };
  const write = (value, options) => number(options).format(value).replace(/^([^\d]*)-/, "$1−");
  const short = { notation: "compact", maximumSignificantDigits: 4 };
  const units = language === "zh" ? ["毫秒", "秒", "分", "小时", "天"] : ["ms", "s", "min", "h", "d"];

  function count(value) {
    if (!isNumber(value)) return NONE;
    return Math.abs(value) < FULL_BELOW ? write(value, { maximumFractionDigits: 2 }) : write(value, short);
  }

  /** Options: `signed` always shows the sign, `brief` shortens from a thousand on, for the words in a chart. */
  function money(minor, currency, { signed = false, brief = false } = {}) {
    if (!isNumber(minor)) return NONE;
    const style = { style: "currency", currency: currency || "CNY", ...(signed ? { signDisplay: "exceptZero" } : {}) };
    const digits = number(style).resolvedOptions().maximumFractionDigits;
    const value = minor / 10 ** digits;
    if (brief) return write(value, { ...style, currencyDisplay: "narrowSymbol", ...short, maximumSignificantDigits: 3 });
    return Math.abs(value) < FULL_BELOW ? write(value, style) : write(value, { ...style, ...short });
  }

  function share(value, signed = false) {
    if (!isNumber(value)) return NONE;
    const size = Math.abs(value);
    const digits = size === 0 || size === 1 || (signed && size >= 0.1) ? 0 : size < 0.001 ? 3 : size < 0.01 ? 2 : 1;
    const sign = signed ? { signDisplay: "exceptZero" } : {};
    if (size >= 1000) return write(value, { style: "percent", ...short, ...sign });
    return write(value, { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits, ...sign });
  }

  /** A difference of shares in percentage points, without the unit. */
  function points(value, signed = false) {
    if (!isNumber(value)) return NONE;
    const digits = Math.abs(value) < 0.001 && value !== 0 ? 2 : 1;
    const sign = signed ? { signDisplay: "exceptZero" } : {};
    return write(value * 100, { minimumFractionDigits: digits, maximumFractionDigits: digits, ...sign });
  }

  function span(seconds) {
    if (!isNumber(seconds) || seconds < 0) return NONE;
    const [ms, s, min, h, d] = units;
    if (seconds !== 0 && seconds < 0.9995) return `${count(Math.round(seconds * 1000))} ${ms}`;
    if (seconds < 9.95 && !Number.isInteger(seconds)) return `${write(seconds, { maximumFractionDigits: 1 })} ${s}`;
    const whole = Math.round(seconds);
    if (whole < 60) return `${whole} ${s}`;
    const steps = [[86400, d, 3600, h], [3600, h, 60, min], [60, min, 1, s]];
    const [size, unit, rest, restUnit] = steps.find(([one]) => whole >= one);
    const left = Math.floor((whole % size) / rest);
    return `${count(Math.floor(whole / size))} ${unit}${left ? ` ${left} ${restUnit}` : ""}`;
  }

  /** The time of day as the browser's zone has it. */
  function clock(date, seconds = false) {
    if (Number.isNaN(date.getTime())) return NONE;
    const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(seconds ? { second: "2-digit" } : {}) };
    return new Intl.DateTimeFormat(locale, options).format(date);
  }

  /** A step's figure: {text, full}; `full` is the whole number where the text is shortened, else empty. */
  function figure({ value, kind, currency }) {
    if (value === null || value === undefined || value === "") return { text: NONE, full: "" };
    if (kind === "text") return { text: String(value), full: "" };
    if (kind === "share") return { text: share(value), full: "" };
    if (kind === "seconds") return { text: span(value), full: "" };
    const text = kind === "money" ? money(value, currency) : count(value);
    const shortened = isNumber(value) && /[^\d.,\s]$/u.test(text);
    return { text, full: shortened ? whole(value, kind, currency) : "" };
  }

  function whole(value, kind, currency) {
    if (kind !== "money") return write(value, {});
    const style = { style: "currency", currency: currency || "CNY" };
    return write(value / 10 ** number(style).resolvedOptions().maximumFractionDigits, style);
  }

  const plural = new Intl.PluralRules(locale);
  return { count, money, share, points, span, clock, figure, one: (n) => plural.select(n) === "one" };
}

function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}
