/** The charts of Azure ML's first SDK, read from their files and drawn with ECharts. */
import type { EChartsCoreOption } from "echarts/core";

export type Normalisation = "count" | "row" | "column";

export interface Confusion {
  class_labels: (string | number)[];
  matrix: number[][];
}

/** Shares instead of counts: of a row (what truly is) or a column (what was said). */
export function normalised(matrix: number[][], by: Normalisation): number[][] {
  if (by === "count") return matrix;
  const columns = (matrix[0] ?? []).map((_, at) => matrix.reduce((sum, row) => sum + (row[at] ?? 0), 0));
  return matrix.map((row) => {
    const sum = row.reduce((one, other) => one + other, 0);
    return row.map((value, at) => {
      const whole = by === "row" ? sum : (columns[at] ?? 0);
      return whole ? value / whole : 0;
    });
  });
}

export function confusionOption(
  data: Confusion,
  by: Normalisation,
  names: { truth: string; said: string },
): EChartsCoreOption {
  const labels = data.class_labels.map(String);
  const values = normalised(data.matrix, by);
  const most = Math.max(...values.flat(), by === "count" ? 1 : 0.001);
  const told = (value: number) => (by === "count" ? String(value) : `${(value * 100).toFixed(1)} %`);
  return {
    grid: { left: 90, right: 24, top: 16, bottom: 64 },
    tooltip: {
      formatter: ({ value: [x, y, value] }: { value: [number, number, number] }) =>
        `${labels[y]} → ${labels[x]}: ${told(value)}`,
    },
    xAxis: { type: "category", data: labels, name: names.said, nameLocation: "middle", nameGap: 36 },
    yAxis: { type: "category", data: labels, name: names.truth, inverse: true, nameLocation: "middle", nameGap: 60 },
    visualMap: { show: false, min: 0, max: most, inRange: { color: ["#eef5fe", "#1f4fa3"] } },
    series: [
      {
        type: "heatmap",
        data: values.flatMap((row, y) => row.map((value, x) => [x, y, value])),
        label: {
          show: labels.length <= 20,
          formatter: ({ value }: { value: [number, number, number] }) => told(value[2]),
        },
      },
    ],
  };
}

export interface Accuracy {
  class_labels?: (string | number)[];
  probability_tables: number[][][];
}

/** The points of ROC and precision/recall of each class: a table's rows are true positives, false positives, true negatives and false negatives. */
export function ratesOf(table: number[][]) {
  const rates = table.map(([tp = 0, fp = 0, tn = 0, fn = 0]) => ({
    recall: tp + fn ? tp / (tp + fn) : 0,
    fallout: fp + tn ? fp / (fp + tn) : 0,
    precision: tp + fp ? tp / (tp + fp) : 1,
  }));
  return {
    // Whoever says nothing is at one end, whoever says everything at the other, whether the table tells so or not.
    roc: [[0, 0], ...rates.map(({ fallout, recall }) => [fallout, recall]), [1, 1]].sort(byPlace as never) as [
      number,
      number,
    ][],
    pr: rates.map(({ recall, precision }): [number, number] => [recall, precision]).sort(byPlace),
  };
}

const byPlace = (one: [number, number], other: [number, number]) => one[0] - other[0] || one[1] - other[1];

/** The area under a curve of sorted points. */
export function area(points: [number, number][]): number {
  let sum = 0;
  for (let at = 1; at < points.length; at += 1) {
    const [[x0, y0], [x1, y1]] = [points[at - 1] as [number, number], points[at] as [number, number]];
    sum += ((x1 - x0) * (y0 + y1)) / 2;
  }
  return sum;
}

export function accuracyOption(
  data: Accuracy,
  kind: "roc" | "pr",
  names: { x: string; y: string; chance: string },
): EChartsCoreOption {
  const curves = data.probability_tables.map((table, at) => {
    const points = ratesOf(table)[kind];
    const label = String(data.class_labels?.[at] ?? at);
    return { name: kind === "roc" ? `${label} (AUC ${area(points).toFixed(3)})` : label, points };
  });
  return {
    grid: { left: 56, right: 24, top: 16, bottom: 80 },
    legend: { bottom: 0, type: "scroll" },
    tooltip: { trigger: "item" },
    xAxis: { type: "value", min: 0, max: 1, name: names.x, nameLocation: "middle", nameGap: 26 },
    yAxis: { type: "value", min: 0, max: 1, name: names.y, nameLocation: "middle", nameGap: 36 },
    series: [
      ...curves.map(({ name, points }) => ({
        type: "line",
        name,
        data: points,
        showSymbol: false,
        lineStyle: { width: 2 },
      })),
      ...(kind === "roc"
        ? [
            {
              type: "line",
              name: names.chance,
              data: [
                [0, 0],
                [1, 1],
              ],
              showSymbol: false,
              lineStyle: { type: "dashed", width: 1, color: "#888" },
            },
          ]
        : []),
    ],
  };
}

export interface Residuals {
  bin_edges: number[];
  bin_counts: number[];
}

export function residualsOption(data: Residuals, names: { x: string; y: string }): EChartsCoreOption {
  const labels = data.bin_counts.map((_, at) => `${rounded(data.bin_edges[at])} – ${rounded(data.bin_edges[at + 1])}`);
  return {
    grid: { left: 56, right: 24, top: 16, bottom: 56 },
    tooltip: { trigger: "axis" },
    xAxis: { type: "category", data: labels, name: names.x, nameLocation: "middle", nameGap: 30 },
    yAxis: { type: "value", name: names.y },
    series: [{ type: "bar", data: data.bin_counts, barCategoryGap: "4%" }],
  };
}

const rounded = (value: number | undefined) => (value === undefined ? "" : Number(value.toPrecision(3)).toString());

export interface Predictions {
  bin_averages: number[];
  bin_errors: number[];
  bin_counts: number[];
  bin_edges: number[];
}

export function predictionsOption(
  data: Predictions,
  names: { truth: string; said: string; ideal: string },
): EChartsCoreOption {
  const middles = data.bin_averages.map((_, at) => ((data.bin_edges[at] ?? 0) + (data.bin_edges[at + 1] ?? 0)) / 2);
  const points = middles.map((x, at) => [x, data.bin_averages[at]]);
  const ends = [data.bin_edges[0] ?? 0, data.bin_edges.at(-1) ?? 1];
  const bound = (sign: number) =>
    middles.map((x, at) => [x, (data.bin_averages[at] ?? 0) + sign * (data.bin_errors[at] ?? 0)]);
  const faint = { type: "line", showSymbol: false, lineStyle: { type: "dotted", width: 1 } };
  return {
    grid: { left: 64, right: 24, top: 16, bottom: 80 },
    legend: { bottom: 0 },
    tooltip: { trigger: "item" },
    xAxis: { type: "value", name: names.truth, nameLocation: "middle", nameGap: 26, scale: true },
    yAxis: { type: "value", name: names.said, scale: true },
    series: [
      { type: "line", name: names.said, data: points, symbolSize: 6 },
      { ...faint, name: "+σ", data: bound(1) },
      { ...faint, name: "−σ", data: bound(-1) },
      {
        type: "line",
        name: names.ideal,
        data: ends.map((end) => [end, end]),
        showSymbol: false,
        lineStyle: { type: "dashed", width: 1, color: "#888" },
      },
    ],
  };
}

/** A logged table in rows: pandas' `split` shape that MLflow writes, rows of objects, or columns of values. */
export function loggedTable(value: unknown): { head: string[]; rows: unknown[][] } | null {
  if (Array.isArray(value)) {
    const head = [...new Set(value.flatMap((row) => (row && typeof row === "object" ? Object.keys(row) : [])))];
    return { head, rows: value.map((row) => head.map((word) => (row as Record<string, unknown>)?.[word])) };
  }
  if (!value || typeof value !== "object") return null;
  const said = value as Record<string, unknown>;
  if (Array.isArray(said.columns) && Array.isArray(said.data))
    return { head: said.columns.map(String), rows: said.data as unknown[][] };
  const head = Object.keys(said);
  const length = Math.max(0, ...head.map((word) => (Array.isArray(said[word]) ? (said[word] as unknown[]).length : 1)));
  const cell = (word: string, at: number) =>
    Array.isArray(said[word]) ? (said[word] as unknown[])[at] : at ? undefined : said[word];
  return { head, rows: Array.from({ length }, (_, at) => head.map((word) => cell(word, at))) };
}
