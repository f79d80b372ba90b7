/** ECharts, loaded only where a chart is drawn; the curves of live metrics are drawn by `curves.tsx`, which is faster. */
import type { EChartsCoreOption } from "echarts/core";
import { lazy, Suspense } from "react";
import { Loading } from "@/parts/asked";

const Drawn = lazy(() => import("@/parts/echart"));

interface Props {
  /** What it shows, in words: also what a screen reader tells. */
  label: string;
  option: EChartsCoreOption;
  height?: number | string;
  /** Told which rows of the first series an area of parallel axes holds; null where no area is chosen. */
  onBrush?: (rows: number[] | null) => void;
  onClick?: (point: { seriesName?: string; name?: string; dataIndex?: number; data?: unknown }) => void;
}

export type ChartProps = Props;

export function Chart(props: Props) {
  return (
    <Suspense fallback={<Loading lines={4} />}>
      <Drawn {...props} />
    </Suspense>
  );
}
