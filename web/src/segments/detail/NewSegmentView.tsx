import { Button, Tooltip } from "antd";
import { useState } from "react";
import { useLocation, useNavigate } from "react-router";

import type { Json } from "@/shared/conditions";
import { useTexts } from "@/shared/i18n";
import { PageHeader } from "@/shared/ui";

import { EMPTY, isWhole, put } from "./draft";
import { Editor } from "./Editor";
import { texts } from "./texts";
import { useSave } from "./useSave";

/** A new segment; another page may bring a condition along as the navigation's state. */
export function NewSegmentView() {
  const t = useTexts(texts);
  const navigate = useNavigate();
  const given = (useLocation().state as { condition?: Json } | null)?.condition;
  const [draft, setDraft] = useState(() => (given === undefined ? EMPTY : put(EMPTY, "condition", given)));
  const saving = useSave({ draft, saved: (next) => void navigate(`/segments/${String(next.document.key)}`) });
  const whole = isWhole(draft);
  return (
    <>
      <PageHeader
        title={t("newTitle")}
        about={t("newAbout")}
        actions={
          <Tooltip title={whole ? "" : t("missing")}>
            <Button type="primary" loading={saving.busy} disabled={!whole} onClick={saving.save}>
              {t("save")}
            </Button>
          </Tooltip>
        }
      />
      <Editor draft={draft} onChange={setDraft} />
    </>
  );
}
