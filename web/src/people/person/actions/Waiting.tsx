import { Alert, Button } from "antd";

import { useFormat } from "@/shared/format";
import { useTexts } from "@/shared/i18n";
import { useAct } from "@/shared/ui";

import { calls, useWaitingMerges } from "../queries";
import { texts } from "../texts";

/** Merges of this person that are asked for and not yet carried out; they can be called off. */
export function Waiting({ publicId }: { publicId: string }) {
  const t = useTexts(texts);
  const format = useFormat();
  const { data = [] } = useWaitingMerges(publicId);
  const cancel = useAct({ call: calls.cancel, refresh: [["people", "waiting"]], done: t("calledOff") });
  return data.map((one) => (
    <Alert
      key={one.id}
      className="person-note"
      type="info"
      showIcon
      title={t("waiting", { other: one.people.find((id) => id !== publicId) ?? "", at: format.time(one.due_at) })}
      action={
        <Button size="small" loading={cancel.isPending} onClick={() => cancel.mutate(one.id)}>
          {t("callOff")}
        </Button>
      }
    />
  ));
}
