import { Form, Input, Modal, Select } from "antd";
import { useState } from "react";

import { useFormat } from "@/shared/format";
import { common, useTexts } from "@/shared/i18n";
import { CodeView, useAct } from "@/shared/ui";

import { type Invited, type NewUser, USERS, inviteUser, useRoles } from "./queries";
import { texts } from "./texts";

/** Lets somebody in, then shows the link they choose their password with, the only time there is. */
export function InviteDialog({ close }: { close: () => void }) {
  const t = useTexts(texts);
  const shared = useTexts(common);
  const roles = useRoles();
  const [form] = Form.useForm<NewUser>();
  const [invited, setInvited] = useState<Invited | null>(null);
  const invite = useAct({ call: inviteUser, refresh: [USERS], then: setInvited });
  if (invited?.invitation) return <LinkDialog invited={invited} close={close} />;
  return (
    <Modal
      open
      title={t("invite")}
      okText={t("inviteVerb")}
      cancelText={shared("cancel")}
      confirmLoading={invite.isPending}
      onOk={() => form.submit()}
      onCancel={close}
    >
      <Form<NewUser>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ name: "" }}
        onFinish={(values) => invite.mutate(values)}
      >
        <Form.Item
          name="login"
          label={t("login")}
          extra={t("loginHint")}
          rules={[{ required: true, message: t("needed") }]}
        >
          <Input autoFocus autoComplete="off" maxLength={254} />
        </Form.Item>
        <Form.Item name="name" label={t("name")}>
          <Input autoComplete="off" maxLength={200} />
        </Form.Item>
        <Form.Item name="roles" label={t("roles")} rules={[{ required: true, message: t("needed") }]}>
          <Select
            mode="multiple"
            loading={roles.isPending}
            options={(roles.data ?? []).map(({ role, about }) => ({ value: role, label: `${role} — ${about}` }))}
          />
        </Form.Item>
      </Form>
    </Modal>
  );
}

function LinkDialog({ invited: { user, invitation }, close }: { invited: Invited; close: () => void }) {
  const t = useTexts(texts);
  const format = useFormat();
  return (
    <Modal
      open
      title={t("link", { name: user.name || user.login })}
      okText={t("close")}
      onOk={close}
      onCancel={close}
      footer={(_, { OkBtn }) => <OkBtn />}
    >
      <div className="stack">
        <span>{t("linkAbout", { until: format.time(invitation?.expires_at) })}</span>
        <CodeView value={`${location.origin}/#link=${invitation?.token ?? ""}`} />
      </div>
    </Modal>
  );
}
