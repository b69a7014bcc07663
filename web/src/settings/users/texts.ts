import { type Pair, defineTexts } from "@/shared/i18n";

export const texts = defineTexts({
  title: ["Users", "用户与角色"],
  about: ["Who may sign in, and what their roles let them do.", "谁可以登录，以及其角色允许的操作。"],
  invite: ["Invite somebody", "邀请用户"],
  inviteVerb: ["Make the invitation", "生成邀请"],
  login: ["User", "用户名"],
  loginHint: ["An e-mail address or a name they will type.", "邮箱地址或登录名。"],
  name: ["Name", "姓名"],
  roles: ["Roles", "角色"],
  node: ["Sees", "可见范围"],
  everything: ["everything", "全部"],
  state: ["State", "状态"],
  code: ["Second step", "两步验证"],
  codeOn: ["code", "验证码"],
  last: ["Last sign-in", "最近登录"],
  disable: ["Disable", "停用"],
  enable: ["Let in again", "恢复登录"],
  disableTitle: ["Disable {name}?", "停用 {name}？"],
  disableSays: [
    "They are signed out everywhere at once and cannot sign in. Nothing of theirs is deleted; they can be let in again.",
    "该用户会立即在所有设备上退出且无法登录。其数据不会删除，之后可恢复登录。",
  ],
  done: ["Done.", "已完成。"],
  link: ["Invitation for {name}", "{name} 的邀请链接"],
  linkAbout: [
    "Hand this address over yourself. It is shown only now, works once and ends {until}.",
    "请自行转交此地址。它仅显示这一次，只能使用一次，{until} 失效。",
  ],
  close: ["I have copied it", "我已复制"],
  needed: ["Please fill this in.", "请填写此项。"],
  empty: ["Nobody has a password yet", "还没有用户"],
  emptyText: [
    "You are in with an API token. Invite yourself and your colleagues, so that the audit log names people.",
    "您正在使用 API 令牌。邀请您自己和同事，让审计日志能够记录到人。",
  ],
});

export const STATES: Readonly<Record<string, Pair>> = {
  invited: ["invited", "已邀请"],
  active: ["active", "正常"],
  locked: ["locked", "已锁定"],
  disabled: ["disabled", "已停用"],
};
