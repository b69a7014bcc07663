import { Alert, Button, Drawer, Form, Input, Segmented, Select, Slider } from "antd";
import { useState } from "react";

import { useFormat } from "@/shared/format";
import { useTexts } from "@/shared/i18n";
import { Loaded, useAct, useConfirm } from "@/shared/ui";

import { type Filter, type Item, calls, useBulkPreview } from "./queries";
import { texts } from "./texts";

interface Props {
  open: boolean;
  close: () => void;
  filter: Filter;
  items: Item[];
}

interface Fields {
  agrees: string[];
  differs: string[];
}

/** One verdict about all matches that fit: first how many that are, then, on a second look, the deed. */
export function BulkDrawer({ open, close, filter, items }: Props) {
  const t = useTexts(texts);
  const format = useFormat();
  const confirm = useConfirm();
  const [range, setRange] = useState([95, 100]);
  const [fields, setFields] = useState<Fields>({ agrees: [], differs: [] });
  const [verdict, setVerdict] = useState<"same" | "different">("same");
  const [reason, setReason] = useState("");
  const wanted: Filter = {
    ...filter,
    kinds: ["match"],
    score_from: (range[0] ?? 0) / 100,
    score_to: (range[1] ?? 100) / 100,
    ...fields,
  };
  const query = useBulkPreview(wanted, open);
  const bulk = useAct({
    call: (count: number) => calls.bulk({ filter: wanted, verdict, reason, count }),
    refresh: [["reviews"], ["people"]],
    done: t("bulkDone"),
    then: close,
  });
  const ask = (count: number) =>
    confirm({
      title: t("bulkConfirm", { n: count }),
      says: t(verdict === "same" ? "bulkSaysSame" : "bulkSaysDifferent", { n: count }),
      verb: t(`verdict.${verdict}`),
      danger: true,
      act: () => bulk.mutateAsync(count),
    });
  return (
    <Drawer title={t("bulk")} open={open} onClose={close} size={520}>
      <Form layout="vertical">
        <p className="muted">{t("bulkText")}</p>
        <Which range={range} setRange={setRange} fields={fields} setFields={setFields} items={items} />
        <Form.Item label={t("verdict")}>
          <Segmented
            aria-label={t("verdict")}
            value={verdict}
            onChange={setVerdict}
            options={(["same", "different"] as const).map((value) => ({ value, label: t(`verdict.${value}`) }))}
          />
        </Form.Item>
        <Form.Item label={t("reason")} required>
          <Input
            value={reason}
            maxLength={500}
            aria-label={t("reason")}
            onChange={(event) => setReason(event.target.value)}
          />
        </Form.Item>
      </Form>
      <Loaded query={query} rows={2}>
        {(preview) => (
          <div className="stack">
            <Alert
              type={preview.count > preview.cap ? "warning" : "info"}
              title={t("bulkCount", { n: format.count(preview.count) })}
              description={t("bulkLeft", {
                valuable: format.count(preview.valuable),
                held: format.count(preview.held),
                cap: format.count(preview.cap),
              })}
            />
            <Button
              type="primary"
              danger
              loading={bulk.isPending}
              disabled={preview.count === 0 || preview.count > preview.cap || reason.trim() === ""}
              onClick={() => ask(preview.count)}
            >
              {t("bulkDo", { n: format.count(preview.count) })}
            </Button>
          </div>
        )}
      </Loaded>
    </Drawer>
  );
}

interface WhichProps {
  /** Score in percent, from and to. */
  range: number[];
  setRange: (range: number[]) => void;
  fields: Fields;
  setFields: (fields: Fields) => void;
  items: Item[];
}

/** Which matches: by score, and by the fields that agree and differ. */
function Which({ range, setRange, fields, setFields, items }: WhichProps) {
  const t = useTexts(texts);
  const known = [...new Set(items.flatMap((one) => one.evidence.map((field) => field.field)))];
  const options = known.map((value) => ({ value }));
  return (
    <>
      <Form.Item label={t("scoreRange")}>
        <Slider
          range
          value={range}
          onChange={setRange}
          min={0}
          max={100}
          ariaLabelForHandle={[t("scoreFrom"), t("scoreTo")]}
        />
      </Form.Item>
      <Form.Item label={t("agreesOn")}>
        <Select
          mode="tags"
          aria-label={t("agreesOn")}
          value={fields.agrees}
          options={options}
          onChange={(agrees: string[]) => setFields({ ...fields, agrees })}
        />
      </Form.Item>
      <Form.Item label={t("differsOn")}>
        <Select
          mode="tags"
          aria-label={t("differsOn")}
          value={fields.differs}
          options={options}
          onChange={(differs: string[]) => setFields({ ...fields, differs })}
        />
      </Form.Item>
    </>
  );
}
