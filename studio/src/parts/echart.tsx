import { BarChart, BoxplotChart, HeatmapChart, LineChart, ParallelChart, ScatterChart } from "echarts/charts";
import {
  AriaComponent,
  DatasetComponent,
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  MarkPointComponent,
  ParallelComponent,
  ToolboxComponent,
  TooltipComponent,
  VisualMapComponent,
} from "echarts/components";
import { type EChartsType, init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import type { ChartProps } from "@/parts/chart";
import { SERIES, useAppearance } from "@/shell/theme";

use([BarChart, BoxplotChart, HeatmapChart, LineChart, ParallelChart, ScatterChart, CanvasRenderer]);
use([
  AriaComponent,
  DatasetComponent,
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  MarkPointComponent,
]);
use([ParallelComponent, ToolboxComponent, TooltipComponent, VisualMapComponent]);

export default function Drawn({ label, option, height = 280, onClick, onBrush }: ChartProps) {
  const { isDark } = useAppearance();
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(null);
  const clicked = useRef(onClick);
  clicked.current = onClick;
  const brushed = useRef(onBrush);
  brushed.current = onBrush;
  useEffect(() => {
    const made = init(box.current, isDark ? "dark" : undefined);
    made.on("click", (point) => clicked.current?.(point as never));
    made.on("axisareaselected", () => brushed.current?.(heldBy(made)));
    chart.current = made;
    const watch = new ResizeObserver(() => made.resize());
    watch.observe(box.current as HTMLElement);
    return () => {
      watch.disconnect();
      made.dispose();
    };
  }, [isDark]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew in other colours as well
  useEffect(() => {
    chart.current?.setOption(
      { color: SERIES, backgroundColor: "transparent", textStyle: { fontFamily: "inherit" }, ...option },
      true,
    );
  }, [option, isDark]);
  return <div ref={box} role="img" aria-label={label} style={{ height, width: "100%" }} />;
}

interface Parallel {
  getRawIndicesByActiveState: (state: "active" | "normal") => number[];
}

/** The rows within the chosen areas of parallel axes; null where no area is chosen, and all are as ever. */
function heldBy(chart: EChartsType): number[] | null {
  const model = (chart as unknown as { getModel: () => { getSeries: () => Parallel[] } }).getModel();
  const [series] = model.getSeries();
  return series?.getRawIndicesByActiveState("normal").length
    ? null
    : (series?.getRawIndicesByActiveState("active") ?? null);
}
