import { createContext, use } from "react";

export type Language = "en" | "zh";

/** Words in both languages, side by side: a page cannot forget one of them. `one|many` distinguishes by `{n}`. */
export type Pair = readonly [en: string, zh: string];
export type Texts = Readonly<Record<string, Pair>>;

type Names<Words extends string> = Words extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
type Values<Words extends string> = [Names<Words>] extends [never]
  ? []
  : [values: Record<Names<Words>, string | number>];

/** Looks words up; keys and what they need filled in are checked by the compiler. */
export type Say<T extends Texts> = <K extends keyof T & string>(key: K, ...values: Values<T[K][0]>) => string;

export function defineTexts<const T extends Texts>(texts: T): T {
  return texts;
}

export const LanguageContext = createContext<Language>("en");

export function useLanguage(): Language {
  return use(LanguageContext);
}

/** `const t = useTexts(texts); t("people", { n: 3 })` */
export function useTexts<T extends Texts>(texts: T): Say<T> {
  return sayIn(useLanguage(), texts);
}

export function sayIn<T extends Texts>(language: Language, texts: T): Say<T> {
  return (key, ...[values]) => fill(language, texts[key], (values ?? {}) as Record<string, string | number>);
}

/** The fitting words of a pair that stands in a list. */
export function usePick(): (pair: Pair, values?: Record<string, string | number>) => string {
  const language = useLanguage();
  return (pair, values = {}) => fill(language, pair, values);
}

/** The fitting one of `{en, zh}` that came from the server. */
export function useSaid(): (words: Record<string, string> | string | null | undefined) => string {
  const language = useLanguage();
  return (words) => (typeof words === "object" ? words?.[language] || words?.["en"] || "" : (words ?? ""));
}

function fill(language: Language, pair: Pair | undefined, values: Record<string, string | number>): string {
  const words = pair?.[language === "zh" ? 1 : 0] ?? "";
  const [one, many] = words.split("|");
  const chosen = many !== undefined && values["n"] !== 1 && values["n"] !== "1" ? many : (one ?? "");
  return chosen.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}
