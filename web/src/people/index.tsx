import { TeamOutlined } from "@ant-design/icons";

import { type Domain, page } from "@/shared/pages";

export const people: Domain = {
  path: "people",
  nav: {
    text: ["People", "客户"],
    icon: <TeamOutlined />,
    key: "p",
    pages: [
      { path: "", text: ["Everybody", "全部客户"] },
      { path: "rules", text: ["Identity rules", "身份规则"] },
    ],
  },
  routes: [
    page("", () => import("./list/route")),
    page("rules", () => import("./rules/route")),
    page(":reference", () => import("./person/route")),
  ],
};
