import { defineTexts } from "@/shared/i18n";

export const texts = defineTexts({
  title: ["Segments", "分群"],
  about: [
    "Groups of people by a condition. Campaigns, analyses and other segments use them by their key.",
    "按条件划分的客户群，可供营销活动、分析和其他分群引用。",
  ],
  create: ["New segment", "新建分群"],
  refresh: ["Count all anew", "全部重算"],
  refreshed: ["All segments are counted anew", "已重算全部分群"],
  search: ["Search name, key or words", "搜索名称、标识或描述"],
  owner: ["Owner", "负责人"],
  anyOwner: ["Every owner", "全部负责人"],
  name: ["Segment", "分群"],
  size: ["People", "人数"],
  built: ["Counted", "计算时间"],
  never: ["not yet", "尚未计算"],
  reads: ["Who is in it", "包含哪些客户"],
  empty: ["No segment yet", "还没有分群"],
  emptyText: [
    "A segment is a condition with a name: everyone from Shanghai who bought twice this year. Build one by hand, or keep the people behind a number of an analysis.",
    "分群是带名称的条件，例如“今年购买两次以上的上海客户”。可以手动搭建，也可以从分析结果中的数字直接保存。",
  ],
  none: ["No segment fits", "没有匹配的分群"],
  noneText: ["Search for less, or take the owner away.", "请减少搜索词，或去掉负责人筛选。"],
});
