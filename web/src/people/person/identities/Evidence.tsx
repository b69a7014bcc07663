import { Tag } from "antd";

import { useTexts } from "@/shared/i18n";
import { Timeline } from "@/shared/ui";

import { texts } from "../texts";
import { worded } from "../words";
import { type Pair, keyOf } from "./graph";

/** What was said about two identifiers: by which source, in which message, and what was decided. */
export function Evidence({ pair }: { pair: Pair | undefined }) {
  const t = useTexts(texts);
  if (pair === undefined) return <p className="muted evidence">{t("chooseLink")}</p>;
  return (
    <section className="evidence" aria-label={t("evidence")} aria-live="polite">
      <p>
        <code>{keyOf(pair.a)}</code> – <code>{keyOf(pair.b)}</code>{" "}
        <Tag color={pair.joins ? "success" : "error"}>{t(pair.joins ? "joined" : "apart")}</Tag>
      </p>
      <Timeline
        moments={pair.links.map((link, at) => ({
          key: String(at),
          at: new Date(link.seen_ms).toISOString(),
          title: t("saidBy", { source: link.source, action: worded(t, "action", link.action) }),
          detail: (
            <>
              {link.reason !== "none" && <div>{t("because", { reason: worded(t, "reason", link.reason) })}</div>}
              <code className="break">{link.evidence}</code>
            </>
          ),
        }))}
      />
    </section>
  );
}
