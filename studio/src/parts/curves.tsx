/** Curves of metrics, however many points they have: uPlot, loaded only where one is drawn. */
import { lazy, Suspense } from "react";
import { Loading } from "@/parts/asked";
import type { Axis, Curve } from "@/parts/smooth";

const load = () => import("@/parts/plot");
const Plot = lazy(load);

/** Begin to load what draws, where it is known that there will be curves. */
export const readyCurves = () => load().catch(() => {});

export interface CurvesProps {
  /** What it shows, in words: also what a screen reader tells. */
  label: string;
  /** One line each; `label` tells it from the others. */
  curves: (Curve & { label: string; color?: string })[];
  axis: Axis;
  /** 0 to 0.99: how much of what went before stays in the smoothed line; the raw one is then faint. */
  smoothing?: number;
  isLog?: boolean;
  height?: number;
  /** Charts of one name show what is under the mouse together. */
  sync?: string;
  /** The part that is shown, in the axis' own numbers; null for all of it. */
  window?: Zoom | null;
  /** Told what was chosen by dragging, and null by a double click. */
  onZoom?: (window: Zoom | null) => void;
  /** Labels of the curves that are not drawn, where the page keeps them; else the chart does. */
  hidden?: ReadonlySet<string>;
  onHide?: (hidden: Set<string>) => void;
  /** Given a function that makes the picture of the chart. */
  onPicture?: (picture: () => Promise<Blob | null>) => void;
}

export type Zoom = [from: number, to: number];

export function Curves(props: CurvesProps) {
  return (
    <Suspense fallback={<Loading lines={4} />}>
      <Plot {...props} />
    </Suspense>
  );
}
