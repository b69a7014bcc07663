import { Alert, Button, Form, Input } from "antd";
import { type ReactNode, useState } from "react";

import { problemOf } from "@/shared/api";
import { useTexts } from "@/shared/i18n";
import { changePassword, open, openWithToken, takeLink, typedToken, useSession } from "@/shared/session";
import { useProblemWords } from "@/shared/ui";

import { texts } from "./texts";

const LEAST = 12; // characters of a password; the server has the last word

export function PasswordForm({ user }: { user: string }) {
  const t = useTexts(texts);
  const { signIn } = useSession();
  const [coded, setCoded] = useState(false);
  async function enter({ user, password, code = "" }: { user: string; password: string; code?: string }) {
    try {
      signIn(await open(user.trim(), password, code.trim()));
    } catch (error) {
      if (problemOf(error).code !== "code_needed") throw error;
      setCoded(true);
    }
  }
  return (
    <AccessForm act={enter} verb={t("open")} initial={{ user }}>
      <Form.Item name="user" label={t("user")} rules={[{ required: true, message: t("needed") }]}>
        <Input autoFocus={user === ""} autoComplete="username" />
      </Form.Item>
      <Form.Item name="password" label={t("password")} rules={[{ required: true, message: t("needed") }]}>
        <Input.Password autoFocus={user !== ""} autoComplete="current-password" />
      </Form.Item>
      {coded && (
        <Form.Item
          name="code"
          label={t("code")}
          extra={t("codeHint")}
          rules={[{ required: true, message: t("needed") }]}
        >
          <Input autoFocus autoComplete="one-time-code" inputMode="numeric" />
        </Form.Item>
      )}
    </AccessForm>
  );
}

export function TokenForm() {
  const t = useTexts(texts);
  const { signIn } = useSession();
  const [wrong, setWrong] = useState(false);
  async function enter({ token }: { token: string }) {
    const who = await openWithToken(typedToken(token));
    setWrong(who === null);
    if (who !== null) signIn(who);
  }
  return (
    <AccessForm act={enter} verb={t("open")}>
      {wrong && <Alert type="error" showIcon title={t("tokenRefused")} role="alert" className="access-alert" />}
      <Form.Item
        name="token"
        label={t("token")}
        extra={t("tokenHint")}
        rules={[{ required: true, message: t("needed") }]}
      >
        <Input.Password autoFocus autoComplete="off" />
      </Form.Item>
    </AccessForm>
  );
}

/** Somebody who was invited chooses a password. */
export function LinkForm({ token, done }: { token: string; done: (user: string) => void }) {
  const t = useTexts(texts);
  return (
    <AccessForm
      act={async ({ password }: { password: string }) => done(await takeLink(token, password))}
      verb={t("choose")}
    >
      <NewPassword />
    </AccessForm>
  );
}

/** Whoever came with a password somebody else made chooses one of their own. */
export function ChangeForm() {
  const t = useTexts(texts);
  const { who, signIn } = useSession();
  async function change({ old, password }: { old: string; password: string }) {
    await changePassword(old, password);
    if (who !== null) signIn({ ...who, must_change: false });
  }
  return (
    <AccessForm act={change} verb={t("choose")}>
      <Form.Item name="old" label={t("oldPassword")} rules={[{ required: true, message: t("needed") }]}>
        <Input.Password autoFocus autoComplete="current-password" />
      </Form.Item>
      <NewPassword />
    </AccessForm>
  );
}

function NewPassword() {
  const t = useTexts(texts);
  return (
    <Form.Item
      name="password"
      label={t("newPassword")}
      extra={t("passwordHint", { n: LEAST })}
      rules={[{ required: true, min: LEAST, message: t("passwordHint", { n: LEAST }) }]}
    >
      <Input.Password autoComplete="new-password" />
    </Form.Item>
  );
}

interface AccessFormProps<Values> {
  act: (values: Values) => Promise<void>;
  verb: string;
  initial?: Partial<Values>;
  children: ReactNode;
}

function AccessForm<Values>({ act, verb, initial, children }: AccessFormProps<Values>) {
  const words = useProblemWords();
  const [state, setState] = useState<{ busy: boolean; error?: unknown }>({ busy: false });
  async function finish(values: Values) {
    setState({ busy: true });
    try {
      await act(values);
      setState({ busy: false });
    } catch (error) {
      setState({ busy: false, error });
    }
  }
  const problem = state.error === undefined ? null : words(state.error);
  return (
    <Form
      layout="vertical"
      requiredMark={false}
      initialValues={initial}
      onFinish={(values: Values) => void finish(values)}
    >
      {problem && (
        <Alert
          type="error"
          showIcon
          title={problem.title}
          description={problem.text}
          role="alert"
          className="access-alert"
        />
      )}
      {children}
      <Button type="primary" htmlType="submit" block loading={state.busy}>
        {verb}
      </Button>
    </Form>
  );
}
