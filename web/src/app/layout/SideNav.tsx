import { Menu, type MenuProps } from "antd";
import { Link, useLocation } from "react-router";

import { usePick, useTexts } from "@/shared/i18n";

import { DOMAINS } from "../domains";
import { texts } from "./texts";

type Item = NonNullable<MenuProps["items"]>[number];

export function Brand() {
  return (
    <Link to="/" className="brand">
      <img src="/icon.svg" alt="" width={24} height={24} />
      <span>Ninefold</span>
    </Link>
  );
}

export function SideNav({ onGo }: { onGo?: () => void }) {
  const t = useTexts(texts);
  const pick = usePick();
  const { pathname } = useLocation();
  const [, domain = "", page = ""] = pathname.split("/");
  const items = DOMAINS.flatMap(({ path, nav }): Item[] => {
    if (nav === undefined) return [];
    const pages = nav.pages?.map((one) => entry(`/${path}/${one.path}`, pick(one.text)));
    if (pages === undefined) return [{ ...entry(`/${path}`, pick(nav.text)), icon: nav.icon }];
    return [{ key: `/${path}`, icon: nav.icon, label: pick(nav.text), children: pages }];
  });
  return (
    <nav aria-label={t("navigation")}>
      <Menu
        mode="inline"
        items={items}
        selectedKeys={[`/${domain}`, `/${domain}/${page}`]}
        defaultOpenKeys={[`/${domain}`]}
        onClick={() => onGo?.()}
        style={{ borderInlineEnd: 0, background: "transparent" }}
      />
    </nav>
  );
}

function entry(to: string, words: string) {
  return { key: to, label: <Link to={to}>{words}</Link> };
}
