import { Modal } from "antd";

import { usePick, useTexts } from "@/shared/i18n";

import { DOMAINS } from "../domains";
import { texts } from "./texts";

/** The keys that work everywhere. */
export function KeyHelp({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useTexts(texts);
  const pick = usePick();
  const goes = DOMAINS.flatMap(({ nav }) =>
    nav ? [[`g ${nav.key}`, t("keysGo", { page: pick(nav.text) })] as const] : [],
  );
  const keys = [["/", t("keysSearch")] as const, ...goes, ["?", t("keysHelp")] as const];
  return (
    <Modal open={open} onCancel={onClose} footer={null} title={t("keys")} width={380}>
      <dl className="keys">
        {keys.map(([key, words]) => (
          <div key={key}>
            <dt>
              {key.split(" ").map((one) => (
                <kbd key={one}>{one}</kbd>
              ))}
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
