import { DashboardOutlined } from "@ant-design/icons";

import { type Domain, page } from "@/shared/pages";

export const cockpit: Domain = {
  path: "",
  nav: { text: ["Cockpit", "总览"], icon: <DashboardOutlined />, key: "c" },
  routes: [page("", () => import("./board/route"))],
};
