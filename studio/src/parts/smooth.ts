/** What is reckoned of curves before they are drawn: their axis, their smoothing, what they are as a table. */

/** A series as the server thins it; `NaN` and the infinities come as words. */
export interface Curve {
  steps: number[];
  times: number[];
  values: (number | string | null)[];
}

export type Axis = "step" | "time" | "relative";

/** Where the points of a curve lie: at steps, at moments (in seconds), or at seconds since the curve began. */
export function placesOf({ steps, times }: Curve, axis: Axis, began = times[0] ?? 0): number[] {
  if (axis === "step") return steps;
  return axis === "time" ? times.map((time) => time / 1000) : times.map((time) => (time - began) / 1000);
}

/** The values as numbers; null where there is none that can be drawn. */
export function numbersOf(values: Curve["values"], isLog = false): (number | null)[] {
  return values.map((value) => {
    const number = typeof value === "number" ? value : Number.NaN;
    return Number.isFinite(number) && !(isLog && number <= 0) ? number : null;
  });
}

/**
 * Exponential smoothing, freed of the bias of its beginning: a constant stays that constant from the first point on.
 * What is missing stays missing and does not count.
 */
export function smoothed(values: (number | null)[], weight: number): (number | null)[] {
  if (weight <= 0) return values;
  let last = 0;
  let bias = 1;
  return values.map((value) => {
    if (value === null) return null;
    last = last * weight + value * (1 - weight);
    bias *= weight;
    return last / (1 - bias);
  });
}

/** Several series over one axis: each x once, in order, with null where a series has no point there. */
export function joined(series: { x: number[]; y: (number | null)[] }[]): [number[], ...(number | null)[][]] {
  const [first] = series;
  if (first && series.every(({ x }) => same(x, first.x)) && isRising(first.x))
    return [first.x, ...series.map(({ y }) => y)];
  const places = [...new Set(series.flatMap(({ x }) => x))].sort((one, other) => one - other);
  const index = new Map(places.map((place, at) => [place, at]));
  const lines = series.map(({ x, y }) => {
    const line = new Array<number | null>(places.length).fill(null);
    x.forEach((place, at) => {
      const value = y[at];
      if (value !== null && value !== undefined) line[index.get(place) as number] = value;
    });
    return line;
  });
  return [places, ...lines];
}

const same = (one: number[], other: number[]) =>
  one === other || (one.length === other.length && one.every((value, at) => value === other[at]));

const isRising = (places: number[]) => places.every((place, at) => at === 0 || place > (places[at - 1] as number));

/** Curves as CSV: a line for each point, with its step and moment. */
export function csvOf(curves: (Curve & { label: string })[]): string {
  const lines = curves.flatMap(({ label, steps, times, values }) =>
    steps.map((step, at) => [quoted(label), step, new Date(times[at] ?? 0).toISOString(), values[at] ?? ""].join(",")),
  );
  return ["curve,step,time,value", ...lines, ""].join("\n");
}

const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Moments along an axis, in seconds, as fine as they lie apart; a day is named where it begins. */
export function momentsSaid(moments: number[], language: string): string[] {
  const apart = (moments[1] ?? 0) - (moments[0] ?? 0);
  const [day, clock] = [
    { month: "short", day: "numeric" },
    { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  ] as const;
  const fine =
    apart < 1 ? { minute: "2-digit", second: "2-digit", fractionalSecondDigits: 2 } : { ...clock, second: "2-digit" };
  const said = apart >= 86_400 ? day : apart >= 60 ? clock : fine;
  return moments.map((second) => {
    const moment = new Date(second * 1000);
    const isDay = said === clock && moment.getHours() === 0 && moment.getMinutes() === 0;
    return new Intl.DateTimeFormat(language, (isDay ? day : said) as Intl.DateTimeFormatOptions).format(moment);
  });
}
