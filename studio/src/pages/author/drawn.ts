/** How a hyperparameter is drawn, as a picture: heights over an axis, and what its ends are. */

export const FIELDS: Record<string, string[]> = {
  choice: ["values"],
  randint: ["upper"],
  uniform: ["min_value", "max_value"],
  quniform: ["min_value", "max_value", "q"],
  loguniform: ["min_value", "max_value"],
  qloguniform: ["min_value", "max_value", "q"],
  normal: ["mu", "sigma"],
  qnormal: ["mu", "sigma", "q"],
  lognormal: ["mu", "sigma"],
  qlognormal: ["mu", "sigma", "q"],
};
export const DISTRIBUTIONS = Object.keys(FIELDS);

/** What a distribution says at first, and what it takes over from another. */
export function begun(type: string, former: Record<string, unknown>): Record<string, unknown> {
  const first: Record<string, unknown> = {
    values: [0.1, 0.01],
    upper: 10,
    min_value: 0,
    max_value: 1,
    q: 1,
    mu: 0,
    sigma: 1,
  };
  if (type.includes("loguniform")) Object.assign(first, { min_value: -6, max_value: 0 });
  const sameSpace = String(former.type ?? "").includes("log") === type.includes("log");
  return {
    type,
    ...Object.fromEntries(
      (FIELDS[type] ?? []).map((key) => [key, (sameSpace ? former[key] : undefined) ?? first[key]]),
    ),
  };
}

export interface Picture {
  /** Heights from 0 to 1, from the left end of the axis to the right. */
  heights: number[];
  /** Whether each height is a value of its own, drawn as a bar. */
  isBars: boolean;
  /** What the ends of the axis say. */
  ends: [string, string];
  isLog: boolean;
}

const POINTS = 48;
const MOST_BARS = 40;

/** The picture of a distribution; nothing where its fields say none yet. */
export function pictureOf(said: Record<string, unknown>): Picture | null {
  const type = String(said.type ?? "");
  const number = (key: string) => (said[key] === "" || said[key] === undefined ? Number.NaN : Number(said[key]));
  if (type === "choice") {
    const values = Array.isArray(said.values) ? said.values : [];
    if (values.length === 0) return null;
    const shown = (value: unknown) => (typeof value === "object" ? "…" : String(value));
    return {
      heights: values.slice(0, MOST_BARS).map(() => 0.8),
      isBars: true,
      ends: [shown(values[0]), shown(values.at(-1))],
      isLog: false,
    };
  }
  if (type === "randint") {
    const upper = number("upper");
    if (!(upper >= 1)) return null;
    return {
      heights: Array(Math.min(upper, MOST_BARS)).fill(0.8),
      isBars: true,
      ends: ["0", String(upper - 1)],
      isLog: false,
    };
  }
  const isLog = type.includes("log");
  const step = type.startsWith("q") ? number("q") : 0;
  if (Number.isNaN(step) || step < 0) return null;
  if (type.endsWith("uniform")) {
    const [low, high] = [number("min_value"), number("max_value")];
    if (!(low < high)) return null;
    return over(low, high, () => 0.8, isLog, step);
  }
  const [mu, sigma] = [number("mu"), number("sigma")];
  if (!(sigma > 0) || Number.isNaN(mu)) return null;
  return over(mu - 3 * sigma, mu + 3 * sigma, (x) => Math.exp(-0.5 * ((x - mu) / sigma) ** 2), isLog, step);
}

function over(low: number, high: number, height: (x: number) => number, isLog: boolean, step: number): Picture {
  const value = (x: number) => told(isLog ? Math.exp(x) : x);
  const bars = isLog ? 0 : step > 0 ? Math.floor((high - low) / step) + 1 : 0;
  const isBars = bars > 1 && bars <= MOST_BARS;
  const count = isBars ? bars : POINTS;
  const heights = Array.from({ length: count }, (_, index) => height(low + ((high - low) * index) / (count - 1)));
  return { heights, isBars, ends: [value(low), value(high)], isLog };
}

/** A number with three digits that count. */
export function told(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}

/** How many combinations a grid has; null where the space is no grid. */
export function gridOf(space: Record<string, unknown>): number | null {
  let total = 1;
  for (const said of Object.values(space)) {
    const values =
      (said as { type?: string; values?: unknown[] } | null)?.type === "choice" &&
      (said as { values?: unknown[] }).values;
    if (said && typeof said === "object" && !values) return null;
    if (values) total *= values.length;
  }
  return total;
}
