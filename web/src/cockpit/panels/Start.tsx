import { useTexts } from "@/shared/i18n";
import { Command, Rich } from "@/shared/ui";

import { texts } from "./texts";

/** In place of the stream before the first event: three ways to begin. */
export function Start() {
  const t = useTexts(texts);
  return (
    <section className="start">
      <h3>{t("startTitle")}</h3>
      <div className="ways">
        <div>
          <p>{t("startImport")}</p>
          <Command>ninefold import orders.csv --guess</Command>
        </div>
        <div>
          <p>{t("startDemo")}</p>
          <Command>ninefold demo</Command>
        </div>
      </div>
      <p className="muted">
        <Rich text={t("startSend")} />
      </p>
    </section>
  );
}
