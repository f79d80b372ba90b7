import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import uPlot, { type AlignedData, type Options } from "uplot";
import "uplot/dist/uPlot.min.css";
import type { CurvesProps, Zoom } from "@/parts/curves";
import { number, span } from "@/parts/said";
import { type Axis, joined, momentsSaid, numbersOf, placesOf, smoothed } from "@/parts/smooth";
import { SERIES, useAppearance } from "@/shell/theme";

const useStyles = makeStyles({
  plot: {
    width: "100%",
    "& .u-select": { backgroundColor: tokens.colorBrandBackground2, opacity: 0.6 },
    "& .u-cursor-x": { borderRight: `1px dashed ${tokens.colorNeutralStrokeAccessible}` },
  },
  legend: {
    display: "flex",
    flexWrap: "wrap",
    gap: "0 4px",
    maxHeight: "66px",
    overflow: "auto",
    fontSize: tokens.fontSizeBase200,
    minHeight: "22px",
  },
  entry: {
    display: "inline-flex",
    alignItems: "center",
    gap: "6px",
    padding: "2px 6px",
    border: "none",
    background: "none",
    font: "inherit",
    fontSize: "inherit",
    color: tokens.colorNeutralForeground2,
    borderRadius: tokens.borderRadiusSmall,
    cursor: "pointer",
    maxWidth: "100%",
    ":hover": { backgroundColor: tokens.colorNeutralBackground1Hover },
  },
  off: { opacity: 0.45, textDecorationLine: "line-through" },
  swatch: { width: "10px", height: "3px", borderRadius: "2px", flexShrink: 0 },
  name: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  value: { fontVariantNumeric: "tabular-nums", color: tokens.colorNeutralForeground1 },
  place: {
    padding: "2px 6px",
    marginLeft: "auto",
    color: tokens.colorNeutralForeground3,
    fontVariantNumeric: "tabular-nums",
  },
});

const LEGEND = 22;
/** How the raw line shows behind its smoothed one. */
const FAINT = "44";

export default function Plot(props: CurvesProps) {
  const {
    label,
    curves,
    axis,
    smoothing = 0,
    isLog = false,
    height = 220,
    sync,
    window: zoom,
    onZoom,
    onPicture,
  } = props;
  const styles = useStyles();
  const { i18n } = useTranslation();
  const { isDark } = useAppearance();
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const [at, setAt] = useState<number | null>(null);
  const [built, setBuilt] = useState(0);
  const [own, setOwn] = useState<Set<string>>(new Set());
  const hidden = props.hidden ?? own;
  const shown = useRef(onZoom);
  shown.current = onZoom;
  const isSmooth = smoothing > 0;
  const colored = curves.map(({ label, color }, index) => ({
    label,
    color: color ?? (SERIES[index % SERIES.length] as string),
  }));
  const shape = JSON.stringify([colored, axis, isSmooth, isLog, [...hidden], sync]);
  const data = useMemo(() => dataOf(curves, axis, smoothing, isLog), [curves, axis, smoothing, isLog]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` says all that it is made of, colours are read anew
  useEffect(() => {
    const host = box.current as HTMLDivElement;
    const style = getComputedStyle(host);
    const made = new uPlot(
      {
        width: Math.max(120, host.clientWidth),
        height: height - LEGEND,
        legend: { show: false },
        cursor: {
          sync: sync ? { key: sync, setSeries: false } : undefined,
          drag: { x: true, y: false, setScale: false },
          bind: { dblclick: () => () => shown.current?.(null) ?? null },
          points: { size: 6 },
        },
        scales: { x: { time: axis === "time" }, y: { distr: isLog ? 3 : 1 } },
        axes: axesOf(axis, style, i18n.language),
        series: [{}, ...colored.flatMap(({ label, color }) => linesOf(label, color, isSmooth, hidden.has(label)))],
        hooks: {
          setCursor: [(u) => setAt(u.cursor.idx ?? null)],
          setSelect: [(u) => chosen(u, shown.current)],
        },
      } satisfies Options,
      [[], []] as unknown as AlignedData,
      host,
    );
    plot.current = made;
    setBuilt((count) => count + 1);
    const watch = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry?.contentRect.width ?? 0);
      if (width > 0 && width !== made.width) made.setSize({ width, height: height - LEGEND });
    });
    watch.observe(host);
    return () => {
      watch.disconnect();
      made.destroy();
    };
  }, [shape, height, i18n.language, isDark]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a chart that was built anew is empty
  useEffect(() => {
    const made = plot.current;
    if (!made) return;
    made.batch(() => {
      made.setData(data as AlignedData, false);
      const [from, to] = zoom ?? bounds(data[0]);
      made.setScale("x", { min: from, max: to });
    });
  }, [data, zoom, built]);

  useEffect(() => {
    onPicture?.(() => pictureOf(plot.current, box.current));
  }, [onPicture]);

  const toggle = (one: string) => {
    const next = new Set(hidden);
    if (!next.delete(one)) next.add(one);
    setOwn(next);
    props.onHide?.(next);
  };
  const step = isSmooth ? 2 : 1;
  return (
    <div>
      <div ref={box} className={styles.plot} role="img" aria-label={label} style={{ height: height - LEGEND }} />
      <div className={styles.legend}>
        {colored.map(({ label, color }, index) => {
          const line = data[1 + index * step + (isSmooth ? 1 : 0)];
          const value = at === null ? lastOf(line) : nearest(line, at);
          return (
            <button
              key={label}
              type="button"
              title={label}
              aria-pressed={!hidden.has(label)}
              className={mergeClasses(styles.entry, hidden.has(label) && styles.off)}
              onClick={() => toggle(label)}
            >
              <span className={styles.swatch} style={{ backgroundColor: color }} />
              <span className={styles.name}>{label}</span>
              <span className={styles.value}>{value === null ? "" : number(value, i18n.language)}</span>
            </button>
          );
        })}
        {at !== null && <span className={styles.place}>{placeSaid(data[0][at], axis, i18n.language)}</span>}
      </div>
    </div>
  );
}

function dataOf(curves: CurvesProps["curves"], axis: Axis, smoothing: number, isLog: boolean) {
  return joined(
    curves.flatMap((curve) => {
      const x = placesOf(curve, axis);
      const y = numbersOf(curve.values, isLog);
      return smoothing > 0
        ? [
            { x, y },
            { x, y: numbersOf(smoothed(numbersOf(curve.values), smoothing), isLog) },
          ]
        : [{ x, y }];
    }),
  );
}

function linesOf(label: string, color: string, isSmooth: boolean, isHidden: boolean): uPlot.Series[] {
  const line = (stroke: string, width: number): uPlot.Series => ({
    label,
    stroke,
    width,
    show: !isHidden,
    spanGaps: true,
    points: {
      show: (u, at) => isSparse(u.data[at]),
      size: 4,
      fill: stroke,
    },
  });
  return isSmooth ? [{ ...line(color + FAINT, 1), points: { show: false } }, line(color, 1.75)] : [line(color, 1.5)];
}

/** So few points that each is marked: a line between two says little. */
function isSparse(line: ArrayLike<number | null | undefined> | undefined): boolean {
  let count = 0;
  for (let at = 0; at < (line?.length ?? 0) && count < 24; at += 1) if (line?.[at] != null) count += 1;
  return count < 24;
}

function axesOf(axis: Axis, style: CSSStyleDeclaration, language: string): uPlot.Axis[] {
  const ink = (token: string) => style.getPropertyValue(token.slice(4, -1)).trim() || "gray";
  const look = {
    stroke: ink(tokens.colorNeutralForeground3),
    grid: { stroke: ink(tokens.colorNeutralStroke3), width: 1 },
    ticks: { show: false },
    font: `11px ${style.fontFamily}`,
  };
  const x: uPlot.Axis = { ...look, size: 28, gap: 4 };
  if (axis === "relative") x.values = (_, splits) => splits.map((second) => span(second * 1000));
  if (axis === "time") {
    x.space = 72;
    x.values = (_, splits) => momentsSaid(splits, language);
  }
  if (axis === "step")
    x.values = (_, splits) => splits.map((step) => (Number.isInteger(step) ? step.toLocaleString(language) : ""));
  const y: uPlot.Axis = {
    ...look,
    size: 56,
    gap: 4,
    values: (_, splits) => splits.map((value) => (value === null ? "" : number(value, language))),
  };
  return [x, y];
}

/** What was chosen by dragging; a slip of a few pixels is none. */
function chosen(u: uPlot, told: CurvesProps["onZoom"]) {
  const { left, width } = u.select;
  if (width < 4) return;
  const zoom: Zoom = [u.posToVal(left, "x"), u.posToVal(left + width, "x")];
  u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  if (told) told(zoom);
  else u.setScale("x", { min: zoom[0], max: zoom[1] });
}

function bounds(places: number[]): Zoom {
  const [first = 0] = places;
  const last = places.at(-1) ?? 1;
  return first === last ? [first - 0.5, last + 0.5] : [first, last];
}

function nearest(line: (number | null)[] | undefined, at: number): number | null {
  for (let away = 0; away < 50; away += 1) {
    const value = line?.[at - away] ?? line?.[at + away];
    if (value !== null && value !== undefined) return value;
  }
  return null;
}

function lastOf(line: (number | null)[] | undefined): number | null {
  for (let at = (line?.length ?? 0) - 1; at >= 0; at -= 1) if (line?.[at] !== null) return line?.[at] ?? null;
  return null;
}

function placeSaid(place: number | undefined, axis: Axis, language: string): string {
  if (place === undefined) return "";
  if (axis === "time") return new Date(place * 1000).toLocaleString(language);
  return axis === "relative" ? span(place * 1000) : place.toLocaleString(language);
}

/** The chart as a picture on the page's own ground. */
function pictureOf(plot: uPlot | null, box: HTMLElement | null): Promise<Blob | null> {
  const drawn = plot?.ctx.canvas;
  if (!drawn || !box) return Promise.resolve(null);
  const canvas = document.createElement("canvas");
  canvas.width = drawn.width;
  canvas.height = drawn.height;
  const pen = canvas.getContext("2d") as CanvasRenderingContext2D;
  pen.fillStyle = getComputedStyle(box).getPropertyValue(tokens.colorNeutralBackground1.slice(4, -1)).trim() || "white";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(drawn, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve));
}
