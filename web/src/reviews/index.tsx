import { AuditOutlined } from "@ant-design/icons";

import { type Domain, page } from "@/shared/pages";

export const reviews: Domain = {
  path: "reviews",
  nav: { text: ["Reviews", "审核"], icon: <AuditOutlined />, key: "r" },
  routes: [page("", () => import("./desk/route"))],
};
