import { defineTexts } from "@/shared/i18n";

export const texts = defineTexts({
  skip: ["Skip to the page", "跳到正文"],
  navigation: ["Pages", "页面"],
  openNavigation: ["Show the pages", "显示页面菜单"],
  search: ["Find a person", "查找客户"],
  searchHint: ["Phone, email, member number, name… ( / )", "手机号、邮箱、会员号、姓名…（按 / ）"],
  searchNone: ["Nobody is found by this.", "没有找到客户。"],
  language: ["切换到中文", "Switch to English"],
  languageShort: ["中文", "English"],
  toDark: ["Switch to the dark theme", "切换到深色主题"],
  toLight: ["Switch to the light theme", "切换到浅色主题"],
  account: ["Account", "账户"],
  byToken: ["API token {name}", "API 令牌 {name}"],
  signOut: ["Sign out", "退出登录"],
  apiDocs: ["API documentation", "API 文档"],
  keys: ["Keyboard", "键盘快捷键"],
  keysSearch: ["find a person", "查找客户"],
  keysGo: ["go to {page}", "前往{page}"],
  keysHelp: ["this list", "显示此列表"],
});
