import { Form, Input, Modal } from "antd";

import { Problem } from "@/shared/api";
import { useTexts } from "@/shared/i18n";
import { useAct } from "@/shared/ui";

import { calls } from "../queries";
import { texts } from "../texts";

interface Said {
  tag: string;
  value?: string;
  why?: string;
}

/** Puts a tag on a person by hand. */
export function TagForm({ publicId, open, close }: { publicId: string; open: boolean; close: () => void }) {
  const t = useTexts(texts);
  const [form] = Form.useForm<Said>();
  const add = useAct({
    call: async ({ tag, value = "", why = "" }: Said) => {
      const { verdicts } = await calls.tag({ customer: publicId, tag, value, why, remove: false });
      const refused = verdicts.find((one) => one.status === "rejected");
      if (refused) throw new Problem(422, refused);
    },
    refresh: [["people", "person"]],
    done: t("tagDone"),
    then: () => {
      form.resetFields();
      close();
    },
  });
  return (
    <Modal
      title={t("addTagTitle")}
      open={open}
      okText={t("addTag")}
      confirmLoading={add.isPending}
      onOk={() => form.submit()}
      onCancel={close}
      destroyOnHidden
    >
      <p className="muted">{t("addTagText")}</p>
      <Form form={form} layout="vertical" onFinish={(said) => add.mutate(said)}>
        <Form.Item
          name="tag"
          label={t("tagName")}
          rules={[{ required: true, pattern: /^[a-z][a-z0-9_]*$/, message: t("tagNameRule") }]}
        >
          <Input autoFocus placeholder="vip" maxLength={60} />
        </Form.Item>
        <Form.Item name="value" label={t("tagValue")}>
          <Input maxLength={1000} />
        </Form.Item>
        <Form.Item name="why" label={t("tagWhy")}>
          <Input maxLength={1000} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
