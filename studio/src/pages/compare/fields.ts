/** What can be compared and drawn of several runs: one field per parameter, metric or fact, one value per run. */

export type Value = number | string | null;
export type Goal = "min" | "max";

export interface Field {
  /** How an address names it: `params.lr`, `metrics.auc`. */
  key: string;
  /** What a reader calls it. */
  name: string;
  values: Value[];
  isNumber: boolean;
  /** Whether it spans so many magnitudes that only their logarithms tell them apart. */
  isLog: boolean;
}

/** A field of values: of numbers where each that is there is one, also where it is written as a text. */
export function fieldOf(key: string, name: string, values: Value[], isLog?: boolean): Field {
  const numbers = values.map(numberIn);
  const isNumber =
    values.some((value) => value !== null) && values.every((value, at) => value === null || numbers[at] !== null);
  return {
    key,
    name,
    values: isNumber ? numbers : values.map((value) => (value === null ? null : String(value))),
    isNumber,
    isLog: isNumber && (isLog ?? spansMuch(numbers)) && numbers.every((value) => value === null || value > 0),
  };
}

const MUCH = 100;

function spansMuch(values: (number | null)[]): boolean {
  const there = values.filter((value) => value !== null);
  return there.length > 1 && Math.min(...there) > 0 && Math.max(...there) / Math.min(...there) >= MUCH;
}

/** The number that a value is or spells; null where it is none that can be drawn. */
export function numberIn(value: Value | undefined): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "string" || !value.trim()) return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

/** Whether the values of a field are not all the same. */
export function isDifferent(values: Value[]): boolean {
  return values.some((value) => value !== values[0]);
}

const LESS_IS_BETTER =
  /(^|[_\W])(loss|err|error|mse|rmse|mae|mape|msle|rmsle|nll|bce|perplexity|ppl|wer|cer|fid|latency|seconds|time|duration|cost|deviation|regret|brier|ece)($|[_\W\d])|loss|error/i;

/** Whether a metric is better small or large, by its name; a reader may say otherwise. */
export const goalOf = (metric: string): Goal => (LESS_IS_BETTER.test(metric) ? "min" : "max");

/** Where the best values stand, all of them where several are equal; nowhere if there is nothing to choose from. */
export function bestOf(values: Value[], goal: Goal): Set<number> {
  const numbers = values.map(numberIn);
  const there = numbers.filter((value) => value !== null);
  if (there.length < 2 || !isDifferent(there)) return new Set();
  const best = goal === "max" ? Math.max(...there) : Math.min(...there);
  return new Set(numbers.flatMap((value, at) => (value === best ? [at] : [])));
}

export interface Delta {
  by: number;
  /** As a share of the baseline; null where that is zero. */
  share: number | null;
  isBetter: boolean;
}

/** How far a value is from the baseline's; null where one of them is missing, or they are the same. */
export function deltaOf(value: Value | undefined, baseline: Value | undefined, goal: Goal): Delta | null {
  const [one, other] = [numberIn(value), numberIn(baseline)];
  if (one === null || other === null || one === other) return null;
  const by = one - other;
  return { by, share: other === 0 ? null : by / Math.abs(other), isBetter: by > 0 === (goal === "max") };
}
