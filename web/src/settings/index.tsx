import { SettingOutlined } from "@ant-design/icons";

import { type Domain, page } from "@/shared/pages";

export const settings: Domain = {
  path: "settings",
  nav: {
    text: ["Settings", "设置"],
    icon: <SettingOutlined />,
    key: "s",
    pages: [{ path: "audit", text: ["Audit log", "审计日志"] }],
  },
  routes: [page("audit", () => import("./audit/route"))],
};
