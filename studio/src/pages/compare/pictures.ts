/** What ECharts draws of fields: parallel coordinates, scatters, box plots, the history of a search. */
import type { EChartsCoreOption } from "echarts/core";
import { type Field, type Goal, numberIn, type Value } from "@/pages/compare/fields";
import { number } from "@/parts/said";
import { SERIES } from "@/shell/theme";

/** One run as it is drawn: its name and its colour. */
export interface Drawn {
  name: string;
  color?: string;
}

export const RAMP = [SERIES[0] as string, SERIES[3] as string, SERIES[1] as string];
const MISSING = "-"; // what ECharts takes for no value

const shown = (value: Value) => (typeof value === "number" ? number(value) : (value ?? "–"));
const categories = (field: Field) => [...new Set(field.values.filter((value) => value !== null).map(String))];

const LABEL = { hideOverlap: true, formatter: (value: number) => number(value) };

/** A place on the axis of a field. */
const placed = (value: Value | undefined) => value ?? MISSING;

function axisOf(field: Field) {
  if (!field.isNumber) return { type: "category" as const, data: categories(field) };
  return { type: field.isLog ? ("log" as const) : ("value" as const), scale: true, axisLabel: LABEL };
}

/** The scale by which a number becomes a colour, as a legend at the right. */
function colored(field: Field | undefined, dimension: number) {
  if (!field?.isNumber) return undefined;
  const numbers = field.values.map(numberIn).filter((value) => value !== null);
  const [min, max] = [Math.min(...numbers), Math.max(...numbers)];
  if (!(min < max)) return undefined;
  return {
    type: "continuous",
    dimension,
    min,
    max,
    text: [number(max), number(min)],
    calculable: false,
    inRange: { color: RAMP },
    right: 0,
    top: "middle",
    itemWidth: 12,
    itemHeight: 120,
  };
}

/** Each run as a line over an axis per field; coloured by the last field, or each in its own colour. */
export function parallelOf(fields: Field[], runs: Drawn[], byLast: boolean): EChartsCoreOption {
  const last = fields.at(-1);
  const visualMap = byLast ? colored(last, fields.length - 1) : undefined;
  return {
    animation: false,
    tooltip: { ...TOOLTIP, formatter: ({ dataIndex }: { dataIndex: number }) => told(fields, runs, dataIndex) },
    parallel: { left: 56, right: visualMap ? 110 : 64, top: 44, bottom: 24 },
    parallelAxis: fields.map((field, dim) => ({
      dim,
      name: field.name,
      nameTextStyle: { width: 110, overflow: "truncate" },
      areaSelectStyle: { width: 16 },
      ...axisOf(field),
    })),
    ...(visualMap && { visualMap }),
    series: [
      {
        type: "parallel",
        lineStyle: { width: 2, opacity: runs.length > 200 ? 0.25 : 0.65 },
        inactiveOpacity: 0.06,
        emphasis: { lineStyle: { width: 4, opacity: 1 } },
        data: runs.map(({ name, color }, at) => ({
          name,
          value: fields.map(({ values }) => placed(values[at])),
          ...(color && !visualMap && { lineStyle: { color } }),
        })),
      },
    ],
  };
}

/** Tooltips are drawn as text into the picture: names come from outside, and are never markup. */
const TOOLTIP = { trigger: "item", renderMode: "richText", confine: true };

/** What a tooltip says of a run. */
export function told(fields: Field[], runs: Drawn[], at: number): string {
  const lines = fields.map(({ name, values }) => `${name}: ${shown(values[at] ?? null)}`);
  return [runs[at]?.name ?? "", ...new Set(lines)].join("\n");
}

/** Each run as a point over two fields, coloured by a third or in its own colour. */
export function scatterOf(x: Field, y: Field, color: Field | null, runs: Drawn[], isSmall = false): EChartsCoreOption {
  const visualMap = color ? colored(color, 2) : undefined;
  const kinds = color && !visualMap ? categories(color) : [];
  const ink = (at: number) => {
    if (visualMap) return undefined;
    return kinds.length ? SERIES[kinds.indexOf(String(color?.values[at])) % SERIES.length] : runs[at]?.color;
  };
  const axis = (field: Field) => ({
    ...axisOf(field),
    name: field.name,
    nameLocation: "middle",
    nameGap: field === y ? 48 : 28,
    ...(isSmall && { splitNumber: 3 }),
  });
  return {
    animation: false,
    grid: { left: 68, right: visualMap && !isSmall ? 96 : 20, top: 16, bottom: 48 },
    tooltip: {
      ...TOOLTIP,
      formatter: ({ dataIndex }: { dataIndex: number }) => told([x, y, ...(color ? [color] : [])], runs, dataIndex),
    },
    xAxis: axis(x),
    yAxis: axis(y),
    ...(visualMap && { visualMap: { ...visualMap, show: !isSmall } }),
    series: [
      {
        type: "scatter",
        symbolSize: isSmall ? 8 : 12,
        itemStyle: { opacity: 0.85 },
        data: runs.map(({ name }, at) => ({
          name,
          value: [placed(x.values[at]), placed(y.values[at]), placed(color?.values[at])],
          ...(ink(at) && { itemStyle: { color: ink(at) } }),
        })),
      },
    ],
  };
}

/** Least, quarters and greatest of numbers, as box plots draw them. */
export function boxOf(numbers: number[]): [number, number, number, number, number] {
  const sorted = [...numbers].sort((one, other) => one - other);
  const at = (share: number) => {
    const place = share * (sorted.length - 1);
    const [low, high] = [sorted[Math.floor(place)] ?? Number.NaN, sorted[Math.ceil(place)] ?? Number.NaN];
    return low + (high - low) * (place - Math.floor(place));
  };
  return [at(0), at(0.25), at(0.5), at(0.75), at(1)];
}

/** A metric's values by the values of another field: a box of each group, and every run as a point. */
export function boxesOf(metric: Field, group: Field, runs: Drawn[]): EChartsCoreOption {
  const names = categories(group).sort((one, other) => Number(one) - Number(other) || one.localeCompare(other));
  const groups = names.map((name) =>
    metric.values.flatMap((value, at) => (String(group.values[at]) === name ? [numberIn(value)] : [])),
  );
  return {
    animation: false,
    grid: { left: 68, right: 20, top: 16, bottom: 48 },
    tooltip: {
      ...TOOLTIP,
      formatter: ({ seriesType, dataIndex, name }: { seriesType: string; dataIndex: number; name: string }) => {
        if (seriesType === "scatter") return told([metric, group], runs, dataIndex);
        const box = boxOf((groups[dataIndex] ?? []).filter((value) => value !== null));
        return [`${group.name} = ${name}`, ...box.map((value) => number(value))].join("\n");
      },
    },
    xAxis: { type: "category", data: names, name: group.name, nameLocation: "middle", nameGap: 28 },
    yAxis: {
      type: metric.isLog ? "log" : "value",
      scale: true,
      name: metric.name,
      nameLocation: "middle",
      nameGap: 48,
    },
    series: [
      { type: "boxplot", data: groups.map((values) => boxOf(values.filter((value) => value !== null))) },
      {
        type: "scatter",
        symbolSize: 8,
        data: runs.map(({ color }, at) => ({
          value: [group.values[at] === null ? MISSING : String(group.values[at]), placed(metric.values[at])],
          ...(color && { itemStyle: { color } }),
        })),
      },
    ],
  };
}

/** The best value after each of some values, as they came. */
export function bestSoFar(values: Value[], goal: Goal): (number | null)[] {
  let best: number | null = null;
  return values.map((value) => {
    const here = numberIn(value);
    if (here !== null && (best === null || (goal === "max" ? here > best : here < best))) best = here;
    return best;
  });
}

/** Each trial's metric in the order in which they began, and the best so far. */
export function historyOf(metric: Field, goal: Goal, runs: Drawn[], best: string, trial: string): EChartsCoreOption {
  return {
    animation: false,
    grid: { left: 68, right: 20, top: 36, bottom: 44 },
    legend: { top: 0, right: 0 },
    tooltip: { ...TOOLTIP, trigger: "axis", valueFormatter: (value: number | null) => number(value) },
    xAxis: { type: "category", data: runs.map(({ name }) => name), name: trial, nameLocation: "middle", nameGap: 28 },
    yAxis: {
      type: metric.isLog ? "log" : "value",
      scale: true,
      name: metric.name,
      nameLocation: "middle",
      nameGap: 48,
    },
    series: [
      { type: "scatter", name: metric.name, symbolSize: 9, data: metric.values.map(placed), color: SERIES[0] },
      {
        type: "line",
        name: best,
        step: "end",
        symbol: "none",
        lineStyle: { width: 2 },
        data: bestSoFar(metric.values, goal).map(placed),
        color: SERIES[1],
      },
    ],
  };
}
