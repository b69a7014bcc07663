import { InboxOutlined } from "@ant-design/icons";

import { type Domain, page } from "@/shared/pages";

export const data: Domain = {
  path: "data",
  nav: {
    text: ["Data", "数据"],
    icon: <InboxOutlined />,
    key: "d",
    pages: [
      { path: "sources", text: ["Sources", "数据源"] },
      { path: "quarantine", text: ["Quarantine", "隔离区"] },
      { path: "receipts", text: ["Receipts", "回执"] },
    ],
  },
  routes: [
    page("sources", () => import("./sources/route")),
    page("quarantine", () => import("./quarantine/route")),
    page("quarantine/:id", () => import("./quarantine/entryRoute")),
    page("receipts", () => import("./receipts/route")),
  ],
};
