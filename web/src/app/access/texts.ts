import { defineTexts } from "@/shared/i18n";

export const texts = defineTexts({
  title: ["Sign in", "登录"],
  about: ["Customer data is behind this page.", "此页面后是客户数据。"],
  token: ["API token", "API 令牌"],
  tokenHint: [
    "`ninefold serve` prints an address that contains it. It is kept in this tab only.",
    "ninefold serve 启动时会打印包含令牌的地址。令牌仅保存在此标签页中。",
  ],
  tokenNeeded: ["Enter the token", "请输入令牌"],
  tokenRefused: [
    "This token was not accepted. It may be mistyped or revoked.",
    "令牌未被接受，可能输入有误或已被撤销。",
  ],
  open: ["Open the console", "打开控制台"],
});
