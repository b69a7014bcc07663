import { Alert, Button, Form, Input, Typography } from "antd";
import { useEffect, useState } from "react";

import { typedToken } from "@/shared/api/credentials";
import { useTexts } from "@/shared/i18n";
import { openWithToken, useSession } from "@/shared/session";

import { Choices } from "../layout/TopBar";
import "./access.css";
import { texts } from "./texts";

/** In place of every page until somebody has said who they are. */
export function SignIn() {
  const t = useTexts(texts);
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
          {t("title")}
        </Typography.Title>
        <p className="muted">{t("about")}</p>
        <TokenForm />
      </main>
    </div>
  );
}

function TokenForm() {
  const t = useTexts(texts);
  const { signIn, refused } = useSession();
  const [wrong, setWrong] = useState(false);
  const [busy, setBusy] = useState(false);
  async function open({ token }: { token: string }) {
    setBusy(true);
    const who = await openWithToken(typedToken(token));
    setBusy(false);
    setWrong(who === null);
    if (who !== null) signIn(who);
  }
  return (
    <Form layout="vertical" requiredMark={false} onFinish={(values: { token: string }) => void open(values)}>
      {(wrong || refused) && (
        <Alert type="error" showIcon title={t("tokenRefused")} role="alert" className="access-alert" />
      )}
      <Form.Item
        name="token"
        label={t("token")}
        extra={t("tokenHint")}
        rules={[{ required: true, message: t("tokenNeeded") }]}
      >
        <Input.Password autoFocus autoComplete="off" />
      </Form.Item>
      <Button type="primary" htmlType="submit" block loading={busy}>
        {t("open")}
      </Button>
    </Form>
  );
}
