import { Alert, Form, Input, Modal, Segmented } from "antd";
import { useState } from "react";

import { common, useTexts } from "@/shared/i18n";
import { CodeView, useAct } from "@/shared/ui";

import { KEYS, type MadeKey, type NewKey, makeKey } from "./queries";
import { texts } from "./texts";

/** Makes a key, then shows its secret the only time there is. */
export function KeyDialog({ close }: { close: () => void }) {
  const t = useTexts(texts);
  const shared = useTexts(common);
  const [made, setMade] = useState<MadeKey | null>(null);
  const [form] = Form.useForm<NewKey>();
  const make = useAct({ call: makeKey, refresh: [KEYS], then: setMade });
  if (made !== null) {
    return (
      <Modal
        open
        title={t("madeTitle", { name: made.name })}
        okText={t("close")}
        onOk={close}
        onCancel={close}
        footer={(_, { OkBtn }) => <OkBtn />}
      >
        <div className="stack">
          <Alert type="warning" showIcon title={t("shownOnce")} />
          <CodeView value={made.secret} />
        </div>
      </Modal>
    );
  }
  return (
    <Modal
      open
      title={t("make")}
      okText={t("makeVerb")}
      cancelText={shared("cancel")}
      confirmLoading={make.isPending}
      onOk={() => form.submit()}
      onCancel={close}
    >
      <Form<NewKey>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ kind: "write", channel: "" }}
        onFinish={(values) => make.mutate(values)}
      >
        <Form.Item name="kind" label={t("kind")}>
          <Segmented
            options={[
              { value: "write", label: t("write") },
              { value: "token", label: t("token") },
            ]}
          />
        </Form.Item>
        <Form.Item
          name="name"
          label={t("name")}
          extra={t("nameHint")}
          rules={[{ required: true, whitespace: true, message: t("needed") }]}
        >
          <Input autoFocus maxLength={100} />
        </Form.Item>
        <Form.Item noStyle dependencies={["kind"]}>
          {({ getFieldValue }) =>
            getFieldValue("kind") === "write" && (
              <Form.Item name="channel" label={t("channel")}>
                <Input maxLength={50} placeholder="web" />
              </Form.Item>
            )
          }
        </Form.Item>
      </Form>
    </Modal>
  );
}
