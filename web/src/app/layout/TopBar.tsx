import { MenuOutlined, MoonOutlined, SunOutlined, UserOutlined } from "@ant-design/icons";
import { Button, Dropdown, Layout, Tooltip } from "antd";
import type { RefObject } from "react";

import { choose, usePreferences } from "@/shared/hooks";
import { useTexts } from "@/shared/i18n";
import { useSession } from "@/shared/session";

import { PeopleSearch } from "./PeopleSearch";
import { texts } from "./texts";

interface Props {
  search: RefObject<HTMLInputElement | null>;
  onHelp: () => void;
  /** Opens the navigation where it is folded away. */
  onMenu?: () => void;
}

export function TopBar({ search, onHelp, onMenu }: Props) {
  const t = useTexts(texts);
  return (
    <Layout.Header className="top">
      {onMenu && <Button type="text" icon={<MenuOutlined />} aria-label={t("openNavigation")} onClick={onMenu} />}
      <PeopleSearch field={search} />
      <Choices />
      <Account onHelp={onHelp} />
    </Layout.Header>
  );
}

/** Language and theme; also on the sign-in page. */
export function Choices() {
  const t = useTexts(texts);
  const { language, theme } = usePreferences();
  const themeWords = t(theme === "dark" ? "toLight" : "toDark");
  return (
    <>
      <Button
        type="text"
        lang={language === "en" ? "zh-CN" : "en"}
        title={t("language")}
        aria-label={t("language")}
        onClick={() => choose({ language: language === "en" ? "zh" : "en" })}
      >
        {t("languageShort")}
      </Button>
      <Tooltip title={themeWords}>
        <Button
          type="text"
          icon={theme === "dark" ? <SunOutlined /> : <MoonOutlined />}
          aria-label={themeWords}
          onClick={() => choose({ theme: theme === "dark" ? "light" : "dark" })}
        />
      </Tooltip>
    </>
  );
}

function Account({ onHelp }: { onHelp: () => void }) {
  const t = useTexts(texts);
  const { who, signOut } = useSession();
  const items = [
    {
      key: "who",
      label: who?.method === "token" ? t("byToken", { name: who.user }) : who?.name || who?.user,
      disabled: true,
    },
    { type: "divider" as const },
    { key: "keys", label: t("keys"), extra: "?", onClick: onHelp },
    { key: "docs", label: <a href="/docs">{t("apiDocs")}</a> },
    { type: "divider" as const },
    { key: "out", label: t("signOut"), onClick: () => void signOut() },
  ];
  return (
    <Dropdown menu={{ items }} trigger={["click"]} placement="bottomRight">
      <Button type="text" icon={<UserOutlined />} aria-label={t("account")} />
    </Dropdown>
  );
}
