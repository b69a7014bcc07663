import { useLanguage } from "../i18n";
import { type Format, formatFor } from "./numbers";

export { formatFor, type Format } from "./numbers";

/** Formats of the language that is shown. */
export function useFormat(): Format {
  return formatFor(useLanguage());
}
