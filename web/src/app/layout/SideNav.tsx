import { Menu, type MenuProps } from "antd";
import { Link, useLocation } from "react-router";

import { useLanguage, useTexts } from "@/shared/i18n";

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
  const at = useLanguage() === "zh" ? 1 : 0;
  const { pathname } = useLocation();
  const [, domain = "", page = ""] = pathname.split("/");
  const items = DOMAINS.flatMap(({ path, nav }): Item[] => {
    if (nav === undefined) return [];
    const pages = nav.pages?.map((one) => entry(`/${path}/${one.path}`, one.text[at]));
    if (pages === undefined) return [{ ...entry(`/${path}`, nav.text[at]), icon: nav.icon }];
    return [{ key: `/${path}`, icon: nav.icon, label: nav.text[at], children: pages }];
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
