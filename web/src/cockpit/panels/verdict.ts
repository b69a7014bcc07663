import { boundsOf } from "@/shared/charts";
import { useFormat } from "@/shared/format";
import { useTexts } from "@/shared/i18n";

import type { Report } from "../status";
import { texts } from "./texts";

export interface Verdict {
  kind: "distrust" | "tooEarly" | "gain" | "loss" | "unproven";
  title: string;
  why: string;
}

/** What may be said about a report, never more than it knows. */
export function useVerdict({ sample_ratio_ok: fair, lift_absolute: lift }: Report): Verdict {
  const t = useTexts(texts);
  const { points } = useFormat();
  const bounds = boundsOf(lift);
  if (!fair) return { kind: "distrust", title: t("reportDistrust"), why: t("reportDistrustWhy") };
  if (bounds === null) return { kind: "tooEarly", title: t("reportTooEarly"), why: t("reportTooEarlyWhy") };
  const [value, low, high] = [points(bounds.value), points(bounds.low, true), points(bounds.high, true)];
  if (bounds.low > 0) {
    const range = { low: points(bounds.low), high: points(bounds.high) };
    return { kind: "gain", title: t("reportGain"), why: t("reportGainWhy", { value, ...range }) };
  }
  if (bounds.high < 0) return { kind: "loss", title: t("reportLoss"), why: t("reportLossWhy", { value, low, high }) };
  return { kind: "unproven", title: t("reportUnproven"), why: t("reportUnprovenWhy", { low, high }) };
}
