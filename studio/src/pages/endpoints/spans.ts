/** What an endpoint was asked of late, as lines to draw: one for each deployment. */
import type { Doc } from "@/api/client";

export type Span = Doc<"AskedSpan">;
export type AskedOfLate = Doc<"AskedOfLate">;
export type Measure = "rate" | "p50" | "p95" | "p99" | "failed";

/** Points `[moment, value]` from `from` to `to`, one for each span; where nobody asked a rate is 0 and a time is unknown. */
export function pointsOf(said: AskedOfLate, deployment: string, measure: Measure, from: number, to: number) {
  const found = new Map(said.spans.filter((each) => each.deployment === deployment).map((each) => [each.at, each]));
  const first = Math.ceil(from / said.step) * said.step;
  const points: [number, number | null][] = [];
  for (let at = first; at + said.step <= to; at += said.step)
    points.push([at, measured(found.get(at), measure, said.step)]);
  return points;
}

function measured(span: Span | undefined, measure: Measure, step: number): number | null {
  if (!span) return measure === "rate" || measure === "failed" ? 0 : null;
  if (measure === "rate" || measure === "failed") {
    const count = measure === "rate" ? span.count + span.mirrored : span.failed;
    return (count * 1000) / step;
  }
  return span[measure];
}

/** The deployments that were asked, in the order of their names; `""`, that no deployment answered, last. */
export function deploymentsIn(said: AskedOfLate): string[] {
  return [...new Set(said.spans.map((each) => each.deployment))].sort((one, other) =>
    one && other ? one.localeCompare(other) : other ? 1 : -1,
  );
}

/** How many requests there were in all, and how many of them failed. */
export function totals(said: AskedOfLate): { count: number; failed: number } {
  return said.spans.reduce(({ count, failed }, each) => ({ count: count + each.count, failed: failed + each.failed }), {
    count: 0,
    failed: 0,
  });
}

/** Counts over time in `parts` equal pieces, for a small picture in a table. */
export function sketch(said: AskedOfLate, from: number, to: number, parts: number): number[] {
  const counts = new Array<number>(parts).fill(0);
  for (const { at, count } of said.spans) {
    const part = Math.floor(((at - from) / (to - from)) * parts);
    const place = Math.max(0, Math.min(parts - 1, part));
    if (at < to) counts[place] = (counts[place] ?? 0) + count;
  }
  return counts;
}
