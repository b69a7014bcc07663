import { defineTexts } from "../i18n";

export const texts = defineTexts({
  people: ["People", "客户"],
  person: ["Person", "客户"],
  lastSeen: ["Last seen", "最近活跃"],
  nobody: ["Nobody fits", "没有符合条件的客户"],
  nobodyText: [
    "No person fulfils this. Take a condition away, or look whether the data it reads has come in.",
    "没有客户满足当前条件。请减少条件，或检查相关数据是否已接入。",
  ],
});
