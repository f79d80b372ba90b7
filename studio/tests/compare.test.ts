/** Comparing runs: what differs, what is best, how far from the baseline; the address; what is drawn and copied. */
import { expect, test } from "vitest";
import { addressOf, type Comparison, comparisonOf, START } from "@/pages/compare/comparison";
import { asCsv, asMarkdown } from "@/pages/compare/copied";
import { bestOf, deltaOf, fieldOf, goalOf, isDifferent } from "@/pages/compare/fields";
import { bestSoFar, boxOf, parallelOf, scatterOf } from "@/pages/compare/pictures";
import { apart, firstAxes } from "@/pages/compare/plots";
import { leavesOf, metricsOf, paramsOf, type Run, settingsOf, shortened } from "@/pages/compare/runs";
import { fieldsOf } from "@/pages/compare/trials";

const COMPARISON: Comparison = {
  runs: ["a", "b-1"],
  baseline: "b-1",
  tab: "scatter",
  onlyDifferent: true,
  stat: "max",
  goals: { "val/loss": "max", auc: "min" },
  curves: ["loss", "a,b"],
  axes: ["params.lr", "metrics.a,b"],
  x: "params.lr",
  y: "metrics.loss",
  z: "params.width",
  color: "params.depth",
  by: "params.optimizer",
  axis: "relative",
  smoothing: 0.6,
  isLog: true,
};

test("a comparison comes back from its address", () => {
  expect(comparisonOf(new URLSearchParams(addressOf(COMPARISON).toString()))).toEqual(COMPARISON);
  expect(addressOf(START).toString()).toBe("");
});

test("an address that says nonsense shows the start, and a run stands once", () => {
  expect(comparisonOf(new URLSearchParams("runs=a,,a&tab=x&smoothing=9&goal=up:auc&axis=y"))).toEqual({
    ...START,
    runs: ["a"],
    smoothing: 0.99,
  });
});

test("which side of a metric is better is guessed by its name", () => {
  expect(["loss", "val_loss", "train/rmse", "mean_absolute_error", "log_loss", "latency_ms"].map(goalOf)).toEqual(
    Array(6).fill("min"),
  );
  expect(["auc", "accuracy", "f1", "closeness", "r2_score", "AUC_weighted", "timestamped_score"].map(goalOf)).toEqual(
    Array(7).fill("max"),
  );
});

test("the best are marked, all of them, and none where there is nothing to choose", () => {
  expect([...bestOf([0.5, 0.9, 0.9, null, "NaN"], "max")]).toEqual([1, 2]);
  expect([...bestOf([0.5, 0.9, "Infinity"], "min")]).toEqual([0]);
  expect([bestOf([1, 1], "max").size, bestOf([1, null], "max").size]).toEqual([0, 0]);
});

test("a distance from the baseline is better or worse by the goal", () => {
  expect(deltaOf(0.75, 0.5, "max")).toEqual({ by: 0.25, share: 0.5, isBetter: true });
  expect(deltaOf(-2, -1, "min")).toEqual({ by: -1, share: -1, isBetter: true });
  expect(deltaOf(1, 0, "min")).toEqual({ by: 1, share: null, isBetter: false });
  expect([deltaOf(1, 1, "max"), deltaOf("NaN", 1, "max"), deltaOf(1, undefined, "max")]).toEqual([null, null, null]);
});

test("a field is of numbers where each value is one, logarithmic where they span much", () => {
  expect(fieldOf("k", "lr", ["0.001", "1e-1", null])).toEqual({
    key: "k",
    name: "lr",
    values: [0.001, 0.1, null],
    isNumber: true,
    isLog: true,
  });
  expect(fieldOf("k", "depth", ["3", "5"]).isLog).toBe(false);
  expect(fieldOf("k", "mixed", ["3", "auto", null])).toMatchObject({ values: ["3", "auto", null], isNumber: false });
  expect(fieldOf("k", "none", [null, null]).isNumber).toBe(false);
  expect(fieldOf("k", "zero", [0, 100], true).isLog).toBe(false);
});

test("missing is a difference", () => {
  expect([isDifferent(["a", null]), isDifferent(["a", "a"]), isDifferent([])]).toEqual([true, false, false]);
});

const run = (name: string, lr: string, loss: number, properties: object = {}): Run => ({
  name,
  title: name,
  color: "blue",
  job: { properties: { jobType: "Command", command: "python train.py", displayName: name, ...properties } } as never,
  params: { lr, ...(name === "b" ? { extra: "1" } : {}) },
  tags: {},
  metrics: { loss: { last: loss, min: loss - 1, max: "NaN" } },
});
const WS = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w";
const RUNS = [
  run("a", "0.1", 2, {
    environmentId: `${WS}/environments/sk/versions/1`,
    properties: { "x.git.commit": "1", y: "2" },
  }),
  run("b", "0.1", 3, { environmentId: `${WS}/environments/sk/versions/2`, inputs: { lr: { value: "0.1" } } }),
];

test("every key of any run is a row", () => {
  expect(paramsOf(RUNS).map(({ name, values }) => [name, values])).toEqual([
    ["extra", [null, 1]],
    ["lr", [0.1, 0.1]],
  ]);
  expect(metricsOf(RUNS, "min").map(({ values }) => values)).toEqual([[1, 2]]);
  expect(metricsOf(RUNS, "max").map(({ values }) => values)).toEqual([["NaN", "NaN"]]);
});

test("settings tell with what runs were made, in short, and not how they went", () => {
  expect(settingsOf(RUNS).map(({ name, values }) => [name, ...values])).toEqual([
    ["jobType", "Command", "Command"],
    ["command", "python train.py", "python train.py"],
    ["environmentId", "environments/sk:1", "environments/sk:2"],
    ["inputs.lr", null, "0.1"],
    ["x.git.commit", "1", null],
  ]);
  expect(shortened("azureml:cpu")).toBe("azureml:cpu");
  expect(leavesOf({ a: { b: [1, null, { c: "" }] }, d: false })).toEqual([
    ["a.b.0", "1"],
    ["d", "false"],
  ]);
});

test("pictures begin with what differs", () => {
  expect(firstAxes(paramsOf(RUNS), metricsOf(RUNS, "last")).map(({ key }) => key)).toEqual([
    "params.extra",
    "metrics.loss",
  ]);
});

test("a metric and a parameter of one name are told apart", () => {
  const fields = [fieldOf("params.lr", "lr", []), fieldOf("metrics.lr", "lr", []), fieldOf("metrics.auc", "auc", [])];
  expect(apart(fields).map(({ name }) => name)).toEqual(["params.lr", "metrics.lr", "auc"]);
});

test("a picture has a line for each run, missing values left out", () => {
  const [lr, kind] = [fieldOf("lr", "lr", [0.1, null]), fieldOf("kind", "kind", ["x", "y"])];
  const option = parallelOf([kind, lr], [{ name: "a" }, { name: "b", color: "red" }], false) as {
    series: { data: { value: unknown[]; lineStyle?: object }[] }[];
    parallelAxis: { type: string; data?: string[] }[];
  };
  expect(option.series[0]?.data.map(({ value }) => value)).toEqual([
    ["x", 0.1],
    ["y", "-"],
  ]);
  expect(option.parallelAxis.map(({ type, data }) => [type, data])).toEqual([
    ["category", ["x", "y"]],
    ["value", undefined],
  ]);
  expect(option.series[0]?.data[1]?.lineStyle).toEqual({ color: "red" });
  expect(scatterOf(lr, lr, kind, [{ name: "a" }, { name: "b" }])).not.toHaveProperty("visualMap");
});

test("boxes and the best so far are reckoned", () => {
  expect(boxOf([4, 1, 3, 2])).toEqual([1, 1.75, 2.5, 3.25, 4]);
  expect(bestSoFar([null, 3, "NaN", 1, 2], "min")).toEqual([null, 3, 3, 1, 1]);
});

test("a sweep's hyperparameters are fields over its trials", () => {
  const told = {
    primaryMetric: "auc",
    columns: [
      { name: "lr", type: "loguniform", scale: "log" as const },
      { name: "bias", type: "choice", scale: "category" as const },
    ],
    trials: [
      { params: { lr: 0.1, bias: true }, best: 0.5 },
      { params: { lr: 0.2 }, best: 0.7 },
    ] as never[],
  };
  const { params, metric } = fieldsOf(told);
  expect(params.map(({ values, isLog }) => [values, isLog])).toEqual([
    [[0.1, 0.2], true],
    [["true", null], false],
  ]);
  expect(metric.values).toEqual([0.5, 0.7]);
});

test("a comparison is copied as a table that keeps its shape", () => {
  const sections: [string, ReturnType<typeof fieldOf>[]][] = [
    ["Metrics", [fieldOf("m", "a|b", ["x\ny", null])]],
    ["Tags", []],
  ];
  expect(asMarkdown(["r1", "r2"], sections)).toBe("| Metrics | r1 | r2 |\n|---|---|---|\n| a\\|b | x y |  |\n");
  expect(asCsv(["r1", "r2"], sections)).toBe(',,r1,r2\r\nMetrics,a|b,"x\ny",\r\n');
});
