import { defineTexts } from "@/shared/i18n";

export const texts = defineTexts({
  title: ["Sources", "数据源"],
  about: [
    "Point the SDK you already use at this address, with the source's write key. Copy, run, and look at its receipt.",
    "将现有 SDK 指向此地址并使用数据源的写入密钥。复制、运行，然后查看回执。",
  ],
  source: ["Source", "数据源"],
  wire: ["SDK", "SDK"],
  see: ["See what arrives", "查看到达的数据"],
  toKeys: ["Make a write key", "创建写入密钥"],
  empty: ["There is no source yet", "还没有数据源"],
  emptyText: [
    "A source is a write key: make one for your website, app or shop system, and its code stands here, ready to copy.",
    "数据源即写入密钥：为网站、App 或商城系统创建一个，这里就会出现可直接复制的接入代码。",
  ],
});
