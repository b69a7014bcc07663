import { defineTexts } from "@/shared/i18n";

export const texts = defineTexts({
  title: ["Audit log", "审计日志"],
  about: [
    "Who did what to whom, when and from where. Every entry carries the hash of the one before it, so nothing can be changed afterwards unnoticed.",
    "谁在何时何地对谁做了什么。每条记录都包含前一条的哈希，事后改动无法不被察觉。",
  ],
  actor: ["Who", "操作人"],
  verb: ["Did what", "操作"],
  target: ["To whom", "对象"],
  at: ["When", "时间"],
  origin: ["From", "来源"],
  detail: ["Details", "详情"],
  emptyFiltered: ["No entry fits these filters", "没有符合筛选条件的记录"],
  emptyFilteredText: [
    "Verbs and targets are compared from their beginning: `POST /v1/people` finds all that was done to people.",
    "操作和对象按开头匹配：例如 POST /v1/people 会找出对客户的所有操作。",
  ],
  empty: ["Nothing has been done yet", "暂无操作记录"],
  emptyText: [
    "As soon as somebody reads or changes something through the API, the console or the command line, it stands here.",
    "任何人通过 API、控制台或命令行读取或修改数据后，都会记录在这里。",
  ],
});
