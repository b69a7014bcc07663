import { defineTexts } from "@/shared/i18n";

export const texts = defineTexts({
  title: ["Cockpit", "总览"],
  about: ["The nine-step loop in live numbers.", "九步闭环的实时数据。"],
});
