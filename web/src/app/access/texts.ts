import { defineTexts } from "@/shared/i18n";

export const texts = defineTexts({
  title: ["Sign in", "登录"],
  about: ["Customer data is behind this page.", "登录后即可查看客户数据。"],
  tokenAbout: ["For the first time on a new server, and for scripts.", "适用于新服务器的首次登录和脚本。"],
  choose: ["Choose a password", "设置密码"],
  chooseAbout: ["You were invited. The link works once.", "您已受邀使用。此链接只能使用一次。"],
  changeAbout: ["Somebody else knows the present one.", "当前密码由他人设置，请更换。"],
  user: ["User", "用户名"],
  password: ["Password", "密码"],
  oldPassword: ["Present password", "当前密码"],
  newPassword: ["New password", "新密码"],
  passwordHint: [
    "At least {n} characters; a few words are easy to remember.",
    "至少 {n} 个字符；几个词语组合更容易记住。",
  ],
  code: ["Code", "验证码"],
  codeHint: ["From your authenticator, or a recovery code.", "来自身份验证器，或使用恢复码。"],
  token: ["API token", "API 令牌"],
  tokenHint: [
    "The server prints an address that contains it when it starts; the whole address will do.",
    "服务器启动时会打印包含令牌的地址，粘贴整个地址也可以。",
  ],
  tokenRefused: [
    "This token was not accepted. It may be mistyped or revoked.",
    "令牌未被接受，可能输入有误或已被撤销。",
  ],
  refused: ["The session has ended, or the link is not valid. Sign in again.", "会话已结束或链接无效，请重新登录。"],
  needed: ["Please fill this in.", "请填写此项。"],
  withToken: ["Use an API token", "使用 API 令牌"],
  withPassword: ["Use a password", "使用密码"],
  open: ["Sign in", "登录"],
});
