import { useFormat } from "@/shared/format";
import { useSaid, useTexts } from "@/shared/i18n";
import { Loaded, PageHeader } from "@/shared/ui";

import { useStatus } from "./queries";
import { texts } from "./texts";

export function BoardView() {
  const t = useTexts(texts);
  const said = useSaid();
  const format = useFormat();
  const query = useStatus();
  return (
    <>
      <PageHeader title={t("title")} about={t("about")} />
      <Loaded query={query}>
        {(status) => (
          <div className="stack">
            {status.steps.map((step) => (
              <section key={step.key} className="card">
                <h2>{step.number}</h2>
                <p>{said(step.note)}</p>
                {step.figures.map((figure) => (
                  <div key={figure.key}>
                    {said(figure.label)}: {typeof figure.value === "number" ? format.count(figure.value) : figure.value}
                  </div>
                ))}
              </section>
            ))}
          </div>
        )}
      </Loaded>
    </>
  );
}
