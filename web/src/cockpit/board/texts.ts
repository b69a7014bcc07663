import { defineTexts } from "@/shared/i18n";

export const texts = defineTexts({
  title: ["Cockpit", "总览"],
  summaryAttention: ["1 step needs attention:|{n} steps need attention:", "有 {n} 个步骤需要处理："],
  summaryAllOk: ["All nine steps are running.", "九个步骤全部运行正常。"],
  summarySomeIdle: [
    "Nothing needs attention. {ok} of 9 steps are running, {idle} are idle.",
    "无需处理。9 个步骤中 {ok} 个运行中，{idle} 个空闲。",
  ],
  summaryUnwell: ["{part}: {state}.", "{part}：{state}。"],
  summaryEmpty: [
    "Nothing has come in yet. The first numbers are one command away.",
    "还没有数据进入。一条命令即可看到第一批数字。",
  ],
  liveOn: ["Live", "实时"],
  liveOff: ["Not live", "未连接"],
  liveFresh: ["as of {ago} ago", "{ago}前的数据"],
  liveNow: ["as of now", "当前数据"],
  appUpdated: [
    "Ninefold was updated to {version} while this page was open.",
    "页面打开期间，Ninefold 已升级到 {version}。",
  ],
  appReload: ["Load the new page", "加载新页面"],
  appVersion: ["Ninefold {version}", "Ninefold {version}"],
  appZone: ["Times are shown in your browser's zone, {zone}.", "时间按浏览器时区 {zone} 显示。"],
  lostNumbers: ["The numbers below are from {at}.", "以下数字截至 {at}。"],
  lostBack: ["The connection is back.", "连接已恢复。"],
});
