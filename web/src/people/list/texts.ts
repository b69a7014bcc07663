import { defineTexts } from "@/shared/i18n";

export const texts = defineTexts({
  title: ["People", "客户"],
  about: ["Everyone who is known, one row per person.", "所有已识别的客户，每人一行。"],
});
