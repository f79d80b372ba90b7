/** The way of a job, worked out of its journal. */
import type { Entry } from "@/pages/job/job";

export interface Phase {
  status: string;
  from: number;
  /** Null while the job is in it. */
  to: number | null;
}

/** The phases a job went through and how long it stayed; an end is a moment, not a phase. */
export function phasesOf(journal: Entry[]): Phase[] {
  const phases: Phase[] = [];
  for (const { at, event, detail } of journal) {
    const status = event === "created" ? detail.status : event === "moved" ? detail.to : undefined;
    if (typeof status !== "string") continue;
    const last = phases.at(-1);
    if (last?.status === status) continue;
    if (last && last.to === null) last.to = at;
    phases.push({ status, from: at, to: null });
  }
  const last = phases.at(-1);
  if (last && (last.status === "Completed" || last.status === "Failed" || last.status === "Canceled"))
    last.to = last.from;
  return phases;
}

/** What a job has logged most recently of each metric, as events tell it, on top of what was known. */
export function withMetric<M extends { key: string; step: number; timestamp: number; value: number | string }>(
  known: M[],
  told: M,
): M[] {
  const place = known.findIndex(({ key }) => key === told.key);
  if (place < 0) return [...known, told].sort((one, other) => one.key.localeCompare(other.key));
  return known.map((each, index) => (index === place ? told : each));
}
