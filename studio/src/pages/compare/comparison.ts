/** What is compared, and how it is shown. It lies in the address, so that a link shows the same. */
import type { Goal } from "@/pages/compare/fields";

export const TABS = ["values", "curves", "parallel", "scatter", "boxes", "settings"] as const;
export type TabName = (typeof TABS)[number];
/** Which of a metric's values is compared. */
export type Stat = "last" | "min" | "max";

export interface Comparison {
  runs: string[];
  /** The run that others are measured by; the first where none is said. */
  baseline: string;
  tab: TabName;
  onlyDifferent: boolean;
  stat: Stat;
  /** Metrics whose better side is not the one that their name suggests. */
  goals: Record<string, Goal>;
  /** Chosen metrics of curves, and axes of parallel coordinates; none for the first ones. */
  curves: string[];
  axes: string[];
  x: string;
  y: string;
  /** The field along the third axis; none for a flat picture. */
  z: string;
  color: string;
  by: string;
  axis: "step" | "time" | "relative";
  smoothing: number;
  isLog: boolean;
}

export const MOST_RUNS = 50;

export const START: Comparison = {
  runs: [],
  baseline: "",
  tab: "values",
  onlyDifferent: false,
  stat: "last",
  goals: {},
  curves: [],
  axes: [],
  x: "",
  y: "",
  z: "",
  color: "",
  by: "",
  axis: "step",
  smoothing: 0,
  isLog: false,
};
const TEXTS = ["baseline", "x", "y", "z", "color", "by"] as const;

/** The comparison that an address tells. */
export function comparisonOf(address: URLSearchParams): Comparison {
  const among = <T extends string>(word: string, known: readonly T[], other: T): T =>
    known.find((each) => each === address.get(word)) ?? other;
  const runs = (address.get("runs") ?? "").split(",").filter(Boolean);
  return {
    ...START,
    ...Object.fromEntries(TEXTS.map((word) => [word, address.get(word) ?? ""])),
    runs: [...new Set(runs)].slice(0, MOST_RUNS),
    tab: among("tab", TABS, START.tab),
    onlyDifferent: address.get("different") === "1",
    stat: among("stat", ["last", "min", "max"] as const, "last"),
    goals: Object.fromEntries(
      address.getAll("goal").flatMap((said) => {
        const [, goal, metric] = /^(min|max):(.+)$/.exec(said) ?? [];
        return goal && metric ? [[metric, goal as Goal]] : [];
      }),
    ),
    curves: address.getAll("curve"),
    axes: address.getAll("axes"),
    axis: among("axis", ["step", "time", "relative"] as const, "step"),
    smoothing: Math.max(0, Math.min(0.99, Number(address.get("smoothing")) || 0)),
    isLog: address.get("log") === "1",
  };
}

/** The address of a comparison; it tells only what is not as at the start. */
export function addressOf(comparison: Comparison): URLSearchParams {
  const said = new URLSearchParams();
  if (comparison.runs.length) said.set("runs", comparison.runs.join());
  if (comparison.tab !== START.tab) said.set("tab", comparison.tab);
  for (const word of TEXTS) if (comparison[word]) said.set(word, comparison[word]);
  if (comparison.onlyDifferent) said.set("different", "1");
  if (comparison.stat !== START.stat) said.set("stat", comparison.stat);
  for (const [metric, goal] of Object.entries(comparison.goals)) said.append("goal", `${goal}:${metric}`);
  for (const metric of comparison.curves) said.append("curve", metric);
  for (const key of comparison.axes) said.append("axes", key);
  if (comparison.axis !== START.axis) said.set("axis", comparison.axis);
  if (comparison.smoothing) said.set("smoothing", String(comparison.smoothing));
  if (comparison.isLog) said.set("log", "1");
  return said;
}
