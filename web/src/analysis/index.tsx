import { LineChartOutlined } from "@ant-design/icons";

import { type Domain, page } from "@/shared/pages";

export const analysis: Domain = {
  path: "analysis",
  nav: { text: ["Analysis", "分析"], icon: <LineChartOutlined />, key: "a" },
  routes: [page("", () => import("./explore/route"))],
};
