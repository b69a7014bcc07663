import type { EChartsCoreOption } from "echarts/core";
import { useEffect, useRef } from "react";

/** A chart; the library is loaded when the first one is shown. The table beside it says the same to screen readers. */
export function Chart({ option, label, height = 280 }: { option: EChartsCoreOption; label: string; height?: number }) {
  const node = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = node.current;
    if (box === null) return;
    let end: () => void = () => undefined;
    let gone = false;
    void import("./echarts").then(({ draw }) => {
      if (!gone) end = draw(box, option);
    });
    return () => {
      gone = true;
      end();
    };
  }, [option]);
  return <div ref={node} role="img" aria-label={label} style={{ height }} />;
}
