import { Alert, Button, Typography } from "antd";
import { useEffect, useState } from "react";

import { useTexts } from "@/shared/i18n";
import { takeFromAddress, useSession } from "@/shared/session";

import { Choices } from "../layout/TopBar";
import "./access.css";
import { ChangeForm, LinkForm, PasswordForm, TokenForm } from "./forms";
import { texts } from "./texts";

const invitation = takeFromAddress("link");

type Way = "password" | "token" | "link" | "change";

/** In place of every page until somebody has said who they are, or has chosen a password of their own. */
export function SignIn() {
  const t = useTexts(texts);
  const { refused, who } = useSession();
  const [way, setWay] = useState<Way>(invitation === null ? "password" : "link");
  const [user, setUser] = useState("");
  const shown: Way = who?.must_change ? "change" : way;
  useEffect(() => {
    document.title = `${t("title")} · Ninefold`;
  });
  return (
    <div className="access">
      <header className="access-choices">
        <Choices />
      </header>
      <main className="card access-card">
        <img src="/icon.svg" alt="" width={40} height={40} />
        <Typography.Title level={1} className="page-title">
          {t(shown === "link" || shown === "change" ? "choose" : "title")}
        </Typography.Title>
        <p className="muted access-about">{t(ABOUT[shown])}</p>
        {refused && <Alert type="error" showIcon title={t("refused")} role="alert" className="access-alert" />}
        {shown === "password" && <PasswordForm user={user} />}
        {shown === "token" && <TokenForm />}
        {shown === "change" && <ChangeForm />}
        {shown === "link" && (
          <LinkForm
            token={invitation ?? ""}
            done={(chosen) => {
              setUser(chosen);
              setWay("password");
            }}
          />
        )}
        {(shown === "password" || shown === "token") && (
          <Button type="link" block onClick={() => setWay(shown === "token" ? "password" : "token")}>
            {t(shown === "token" ? "withPassword" : "withToken")}
          </Button>
        )}
      </main>
    </div>
  );
}

const ABOUT = { password: "about", token: "tokenAbout", link: "chooseAbout", change: "changeAbout" } as const;
