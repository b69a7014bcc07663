import { TeamOutlined } from "@ant-design/icons";

import { type Domain, page } from "@/shared/pages";

export const people: Domain = {
  path: "people",
  nav: {
    text: ["People", "客户"],
    icon: <TeamOutlined />,
    key: "p",
  },
  routes: [page("", () => import("./list/route")), page(":reference", () => import("./person/route"))],
};
