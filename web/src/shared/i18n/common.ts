import { defineTexts } from "./texts";

/** Words that every page may need; a page's own words are in its own folder. */
export const common = defineTexts({
  retry: ["Try again", "重试"],
  cancel: ["Cancel", "取消"],
  copy: ["Copy", "复制"],
  copied: ["Copied", "已复制"],
  loading: ["Loading…", "加载中…"],
  details: ["Details", "详情"],
  actions: ["Actions", "操作"],
  nothing: ["Nothing here yet", "这里还没有内容"],
  none: ["–", "–"],
  total: ["{n} in all", "共 {n} 项"],
  newer: ["Newer", "更新的"],
  older: ["Older", "更早的"],
  unreachable: ["The server cannot be reached.", "无法连接服务器。"],
  unreachableHint: ["Check that it is running, then try again.", "请确认服务器正在运行，然后重试。"],
  failed: ["This did not work.", "操作未成功。"],
  notAllowed: ["You may not see this.", "您没有权限查看此内容。"],
  notFound: ["There is no such page.", "没有这个页面。"],
  notFoundHint: ["The address may be mistyped, or what it showed is gone.", "地址可能有误，或其内容已不存在。"],
  toStart: ["To the start page", "返回首页"],
  field: ["Field", "字段"],
  got: ["Given", "收到"],
  allowed: ["Allowed", "可用"],
  before: ["Before", "之前"],
  after: ["After", "之后"],
});
