import { defineTexts } from "@/shared/i18n";

export const texts = defineTexts({
  title: ["Organisation", "组织架构"],
  about: [
    "Group, brands, regions and stores. Who may see whom, and within what identifiers join, follows from this tree.",
    "集团、品牌、区域与门店。数据可见范围与身份合并范围均由此树决定。",
  ],
  name: ["Name", "名称"],
  code: ["Code", "编码"],
  level: ["Level", "层级"],
  matching: ["Identities join", "身份合并"],
  shared: ["with all that share", "与共享节点合并"],
  within: ["within {node}", "仅在 {node} 内"],
  sources: ["Sources", "数据源"],
  closed: ["closed", "已关闭"],
  empty: ["There is no org tree yet", "还没有组织架构"],
  emptyText: [
    "Describe it in a document of the kind `org` and apply it. Without a tree everybody belongs together.",
    "在 `org` 类型的文档中描述并应用。没有组织树时，所有数据属于同一整体。",
  ],
});
