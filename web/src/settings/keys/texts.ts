import { defineTexts } from "@/shared/i18n";

export const texts = defineTexts({
  title: ["Keys", "密钥"],
  about: [
    "Write keys let sources send events; API tokens let programs read and change.",
    "写入密钥用于数据源发送事件；API 令牌用于程序读取和修改数据。",
  ],
  make: ["New key", "新建密钥"],
  makeVerb: ["Make the key", "创建密钥"],
  kind: ["Kind", "类型"],
  write: ["write key", "写入密钥"],
  token: ["API token", "API 令牌"],
  name: ["Name", "名称"],
  nameHint: ["Letters, digits, spaces, . - _", "字母、数字、空格及 . - _"],
  channel: ["Channel", "渠道"],
  key: ["Key", "密钥"],
  made: ["Made", "创建时间"],
  state: ["State", "状态"],
  living: ["in use", "使用中"],
  ended: ["ended {at}", "已于 {at} 停用"],
  end: ["End", "停用"],
  endTitle: ["End the key “{name}”?", "停用密钥“{name}”？"],
  endWrite: [
    "From now on, whatever this source sends is refused. This cannot be undone; a new key can be made.",
    "此后该数据源发送的内容都会被拒绝。此操作无法撤销，但可以新建密钥。",
  ],
  endToken: [
    "From now on, every program that uses this token is refused. This cannot be undone; a new token can be made.",
    "此后使用此令牌的所有程序都会被拒绝。此操作无法撤销，但可以新建令牌。",
  ],
  endDone: ["The key has ended.", "密钥已停用。"],
  shownOnce: ["Copy it now: it is shown only this once.", "请立即复制：仅显示这一次。"],
  madeTitle: ["The key “{name}” is made", "密钥“{name}”已创建"],
  close: ["I have copied it", "我已复制"],
  needed: ["Please fill this in.", "请填写此项。"],
  empty: ["There is no key yet", "还没有密钥"],
  emptyText: [
    "Make a write key for your website, app or shop system, and its events can come in.",
    "为网站、App 或商城系统创建写入密钥，即可接入事件。",
  ],
});
