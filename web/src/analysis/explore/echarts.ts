import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { type EChartsCoreOption, init, use as register } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

register([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

/** Draws into a box in the colours of the theme, follows its size, and gives back what ends it. */
export function draw(box: HTMLElement, option: EChartsCoreOption): () => void {
  const chart = init(box);
  const colour = (name: string) => getComputedStyle(box).getPropertyValue(`--ant-color-${name}`).trim();
  chart.setOption({
    color: [colour("primary"), colour("success"), colour("warning"), colour("info"), colour("error")],
    textStyle: { color: colour("text-secondary"), fontFamily: getComputedStyle(box).fontFamily },
    grid: { left: 8, right: 16, top: 32, bottom: 8, containLabel: true },
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    // Drawn, not written as HTML: the page's policy forbids style attributes.
    tooltip: { trigger: "axis", renderMode: "richText", confine: true },
    legend: { type: "scroll", top: 0, textStyle: { color: colour("text-secondary") } },
    ...option,
  });
  const observer = new ResizeObserver(() => chart.resize());
  observer.observe(box);
  return () => {
    observer.disconnect();
    chart.dispose();
  };
}
