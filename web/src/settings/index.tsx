import { SettingOutlined } from "@ant-design/icons";

import { type Domain, page } from "@/shared/pages";

export const settings: Domain = {
  path: "settings",
  nav: {
    text: ["Settings", "设置"],
    icon: <SettingOutlined />,
    key: "s",
    pages: [
      { path: "users", text: ["Users", "用户与角色"] },
      { path: "org", text: ["Organisation", "组织架构"] },
      { path: "keys", text: ["Keys", "密钥"] },
      { path: "audit", text: ["Audit log", "审计日志"] },
    ],
  },
  routes: [
    page("users", () => import("./users/route")),
    page("org", () => import("./org/route")),
    page("keys", () => import("./keys/route")),
    page("audit", () => import("./audit/route")),
  ],
};
