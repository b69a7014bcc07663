import { type Pair, defineTexts } from "@/shared/i18n";

export const texts = defineTexts({
  loopTitle: ["The nine-step loop", "九步闭环"],
  loopBack: ["Back to 1", "回到第 1 步"],
  loopBackHint: ["what was learnt feeds the next round", "学到的结果进入下一轮"],
  groupUsers: ["Users", "用户"],
  groupMarketing: ["Marketing", "营销"],
  groupSteps: ["steps {from}–{to}", "第 {from}–{to} 步"],
  stateOk: ["running", "运行中"],
  stateIdle: ["idle", "空闲"],
  stateAttention: ["attention", "需处理"],
  pulseTitle: ["Events coming in", "事件流入"],
  pulseRate: ["events/min", "条/分钟"],
  pulseRateAt: ["in the minute of {at}", "{at} 这一分钟"],
  pulseTotal: ["{n} in 30 min · peak {peak}", "30 分钟共 {n} 条 · 峰值 {peak}"],
  pulseCurrent: ["{n} so far in this minute", "本分钟已有 {n} 条"],
  pulseChart: [
    "Events per minute over the last 30 minutes: {n} in total, most in one minute {peak} at {at}.",
    "最近 30 分钟每分钟事件数：共 {n} 条，峰值 {peak} 条，出现在 {at}。",
  ],
  pulseChartEmpty: ["No events in the last 30 minutes.", "最近 30 分钟没有事件。"],
  pulseBar: ["{at}: {n} events/min", "{at}：{n} 条/分钟"],
  pulseFrom: ["30 min ago", "30 分钟前"],
  pulseTo: ["now", "现在"],
  healthTitle: ["Health", "健康状况"],
});

/** The nine steps: name, what it is for, and what to do where nothing has happened yet. */
export const STEPS: readonly { name: Pair; hint: Pair; idle: Pair }[] = [
  {
    name: ["Pool", "汇聚数据"],
    hint: ["every channel in one place", "各渠道数据集中一处"],
    idle: ["No events yet: bring in a file, or send them with an SDK.", "还没有事件：导入文件，或用 SDK 发送。"],
  },
  {
    name: ["Unify (OneID)", "身份归一（OneID）"],
    hint: ["many identifiers, one person", "多个标识，同一用户"],
    idle: ["People appear with the first events.", "有事件后即出现用户。"],
  },
  {
    name: ["Understand", "洞察用户"],
    hint: ["what is known of each person", "了解每一位用户"],
    idle: ["Traits come with identify calls and imports.", "属性来自 identify 调用与导入。"],
  },
  {
    name: ["Keep loyal", "维系忠诚"],
    hint: ["reasons to come back", "给用户回来的理由"],
    idle: ["Loyalty is counted from the first order on.", "从第一笔订单起统计忠诚度。"],
  },
  {
    name: ["Connect", "连接触点"],
    hint: ["touchpoints that reach people", "触达用户的渠道"],
    idle: [
      "Describe a channel, then `ninefold apply definitions`.",
      "先描述一个渠道，再运行 `ninefold apply definitions`。",
    ],
  },
  {
    name: ["Tag & group", "标签与人群"],
    hint: ["who is meant, kept fresh", "圈定对象，持续更新"],
    idle: ["Nothing is built yet: `ninefold segment refresh`.", "尚未生成人群：`ninefold segment refresh`。"],
  },
  {
    name: ["Create", "创建活动"],
    hint: ["activities with a hold-out", "带留出组的活动"],
    idle: [
      "Describe a campaign, then `ninefold apply definitions`.",
      "先描述一个活动，再运行 `ninefold apply definitions`。",
    ],
  },
  {
    name: ["Automate", "自动执行"],
    hint: ["sent once, at the right time", "适时触达，只发一次"],
    idle: [
      "Nobody has entered a campaign yet: `ninefold campaign run`.",
      "还没有用户进入活动：`ninefold campaign run`。",
    ],
  },
  {
    name: ["Monitor & learn", "监测与学习"],
    hint: ["what it really brought", "真正带来了多少增量"],
    idle: ["Results come once people have entered a campaign.", "用户进入活动后，这里会有结果。"],
  },
];

/** Words for the parts of the system and their states; one that is not here is shown as it came. */
export const HEALTH: Readonly<Record<string, Pair>> = {
  records: ["Records store", "记录库"],
  events: ["Events store", "事件库"],
  pipeline: ["Pipeline", "处理流水线"],
  connectors: ["Connectors", "连接器"],
  profiles: ["Profile sheets", "画像底稿"],
  webhooks: ["Webhooks", "Webhook 推送"],
  delivery: ["Delivery", "消息投递"],
  ok: ["ok", "正常"],
  lagging: ["lagging", "滞后"],
  stopped: ["stopped", "已停止"],
  failing: ["failing, see the log", "出错，请查看日志"],
};
