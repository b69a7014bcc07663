import { PartitionOutlined } from "@ant-design/icons";

import { type Domain, page } from "@/shared/pages";

export const segments: Domain = {
  path: "segments",
  nav: { text: ["Segments", "分群"], icon: <PartitionOutlined />, key: "e" },
  routes: [
    page("", () => import("./list/route")),
    page("new", () => import("./detail/newRoute")),
    page(":key", () => import("./detail/route")),
  ],
};
