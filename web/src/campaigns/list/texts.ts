import { type Pair, defineTexts } from "@/shared/i18n";

export const texts = defineTexts({
  title: ["Campaigns", "营销活动"],
  about: [
    "Who is reached, by which channel, and how many are held out so that the effect can be measured.",
    "触达对象、渠道，以及为衡量效果而保留的对照比例。",
  ],
  name: ["Campaign", "活动"],
  status: ["Status", "状态"],
  channel: ["Channel", "渠道"],
  holdout: ["Held out", "留出比例"],
  treated: ["Treated", "实验组"],
  control: ["Control", "对照组"],
  delivered: ["Delivered", "已送达"],
  waiting: ["Waiting", "等待中"],
  held: ["To decide", "待决定"],
  owner: ["Owner", "负责人"],
  empty: ["No campaign has been described yet", "还没有营销活动"],
  emptyText: [
    "A campaign is a document: a segment, a message, a channel and the share that is held out. Apply one and it stands here.",
    "营销活动是一份文档：人群、消息、渠道与留出比例。应用后即显示在这里。",
  ],
});

export const STATUSES: Readonly<Record<string, Pair>> = {
  draft: ["draft", "草稿"],
  live: ["live", "进行中"],
  paused: ["paused", "已暂停"],
  stopped: ["stopped", "已停止"],
};
