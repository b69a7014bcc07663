import { SendOutlined } from "@ant-design/icons";

import { type Domain, page } from "@/shared/pages";

export const campaigns: Domain = {
  path: "campaigns",
  nav: { text: ["Campaigns", "营销活动"], icon: <SendOutlined />, key: "m" },
  routes: [page("", () => import("./list/route"))],
};
