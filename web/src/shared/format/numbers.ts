// Numbers, money, shares, spans and times as people read them, in English and Chinese.
import type { Language } from "../i18n/texts";

const NONE = "–";
const FULL_BELOW = 1e7; // larger numbers are shortened; the whole one stands in the tooltip
const SHORT = { notation: "compact", maximumSignificantDigits: 4 } as const;
const UNITS = { en: ["ms", "s", "min", "h", "d"], zh: ["毫秒", "秒", "分", "小时", "天"] } as const;

type Maybe = number | null | undefined;
type Time = string | number | Date | null | undefined;

export interface Format {
  /** A number of things. */
  count: (value: Maybe) => string;
  /** Money from minor units; `signed` always shows the sign, `brief` shortens from a thousand on. */
  money: (minor: Maybe, currency?: string, how?: { signed?: boolean; brief?: boolean }) => string;
  /** A number, or money from minor units, never shortened. */
  whole: (value: number, currency?: string) => string;
  /** A share of 1 in percent. */
  share: (value: Maybe, signed?: boolean) => string;
  /** A difference of shares in percentage points, without the unit. */
  points: (value: Maybe, signed?: boolean) => string;
  /** A length of time from seconds, in its two largest units. */
  span: (seconds: Maybe) => string;
  date: (value: Time) => string;
  /** Date and time of day in the browser's zone. */
  time: (value: Time) => string;
  clock: (value: Time) => string;
}

const made = new Map<Language, Format>();

export function formatFor(language: Language): Format {
  let format = made.get(language);
  if (format === undefined) made.set(language, (format = makeFormat(language)));
  return format;
}

function makeFormat(language: Language): Format {
  const locale = language === "zh" ? "zh-CN" : "en";
  const cache = new Map<string, Intl.NumberFormat>();
  const number = (options: Intl.NumberFormatOptions) => {
    const key = JSON.stringify(options);
    let found = cache.get(key);
    if (found === undefined) cache.set(key, (found = new Intl.NumberFormat(locale, options)));
    return found;
  };
  const write = (value: number, options: Intl.NumberFormatOptions) =>
    number(options)
      .format(value)
      .replace(/^([^\d]*)-/, "$1−");
  const sign = (signed: boolean) => (signed ? ({ signDisplay: "exceptZero" } as const) : {});

  const count = (value: Maybe) => {
    if (!isNumber(value)) return NONE;
    return Math.abs(value) < FULL_BELOW ? write(value, { maximumFractionDigits: 2 }) : write(value, SHORT);
  };
  const money: Format["money"] = (minor, currency = "CNY", { signed = false, brief = false } = {}) => {
    if (!isNumber(minor)) return NONE;
    const style = { style: "currency", currency: currency || "CNY", ...sign(signed) } as const;
    const value = minor / 10 ** (number(style).resolvedOptions().maximumFractionDigits ?? 2);
    if (brief)
      return write(value, { ...style, currencyDisplay: "narrowSymbol", ...SHORT, maximumSignificantDigits: 3 });
    return Math.abs(value) < FULL_BELOW ? write(value, style) : write(value, { ...style, ...SHORT });
  };
  const whole: Format["whole"] = (value, currency) => {
    if (currency === undefined) return write(value, {});
    const style = { style: "currency", currency: currency || "CNY" } as const;
    return write(value / 10 ** (number(style).resolvedOptions().maximumFractionDigits ?? 2), style);
  };
  const share: Format["share"] = (value, signed = false) => {
    if (!isNumber(value)) return NONE;
    if (Math.abs(value) >= 1000) return write(value, { style: "percent", ...SHORT, ...sign(signed) });
    const digits = digitsOfShare(Math.abs(value), signed);
    return write(value, {
      style: "percent",
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      ...sign(signed),
    });
  };
  const points: Format["points"] = (value, signed = false) => {
    if (!isNumber(value)) return NONE;
    const digits = Math.abs(value) < 0.001 && value !== 0 ? 2 : 1;
    return write(value * 100, { minimumFractionDigits: digits, maximumFractionDigits: digits, ...sign(signed) });
  };
  return { count, money, whole, share, points, span: (seconds) => span(seconds, language, count), ...times(locale) };
}

function digitsOfShare(size: number, signed: boolean): number {
  if (size === 0 || size === 1 || (signed && size >= 0.1)) return 0;
  if (size < 0.001) return 3;
  return size < 0.01 ? 2 : 1;
}

function span(seconds: Maybe, language: Language, count: (value: number) => string): string {
  if (!isNumber(seconds) || seconds < 0) return NONE;
  const [ms, s, min, h, d] = UNITS[language];
  if (seconds !== 0 && seconds < 0.9995) return `${count(Math.round(seconds * 1000))} ${ms}`;
  if (seconds < 9.95 && !Number.isInteger(seconds)) return `${seconds.toFixed(1).replace(/\.0$/, "")} ${s}`;
  const whole = Math.round(seconds);
  const steps = [
    [86400, d, 3600, h],
    [3600, h, 60, min],
    [60, min, 1, s],
  ] as const;
  const step = steps.find(([size]) => whole >= size);
  if (step === undefined) return `${whole} ${s}`;
  const [size, unit, rest, restUnit] = step;
  const left = Math.floor((whole % size) / rest);
  return `${count(Math.floor(whole / size))} ${unit}${left ? ` ${left} ${restUnit}` : ""}`;
}

function times(locale: string): Pick<Format, "date" | "time" | "clock"> {
  const day = { year: "numeric", month: "short", day: "numeric" } as const;
  const hour = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  const maker = (options: Intl.DateTimeFormatOptions) => {
    const format = new Intl.DateTimeFormat(locale, options);
    return (value: Time) => {
      const date = value === null || value === undefined || value === "" ? new Date(NaN) : new Date(value);
      return Number.isNaN(date.getTime()) ? NONE : format.format(date);
    };
  };
  return { date: maker(day), time: maker({ ...day, ...hour }), clock: maker(hour) };
}

function isNumber(value: Maybe): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
