import { useEffect, useState } from "react";

import { useFormat } from "@/shared/format";
import { useTexts } from "@/shared/i18n";

import { texts } from "./texts";

const STALE_S = 10;

/** How fresh the numbers are; the clock moves on while nothing newer comes. */
export function Live({ live, at }: { live: boolean; at: number }) {
  const t = useTexts(texts);
  const { span } = useFormat();
  const [now, setNow] = useState(at);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const age = Math.max(0, Math.floor((now - at) / 1000));
  const on = live && age < STALE_S;
  return (
    <p className="live" data-live={on ? "on" : "off"}>
      <span className="live-dot" />
      <strong>{t(live ? "liveOn" : "liveOff")}</strong>
      <span>{age < 2 ? t("liveNow") : t("liveFresh", { ago: span(age) })}</span>
    </p>
  );
}
