/** Wherein two versions differ. */
import type { Version } from "@/pages/assets/reads";

type Side = [version: Version, measured: Record<string, unknown>];

export interface Difference {
  fact: string;
  one: unknown;
  other: unknown;
}

/** Facts, properties, tags and metrics that are not the same in both, in the order of their names, metrics first. */
export function differencesOf(one: Side, other: Side): Difference[] {
  const [left, right] = [saidOf(one), saidOf(other)];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])]
    .filter((fact) => left[fact] !== right[fact])
    .map((fact) => ({ fact, one: left[fact], other: right[fact] }));
}

function saidOf([{ properties }, measured]: Side): Record<string, unknown> {
  const { tags, properties: more, ...facts } = properties;
  const plain = Object.entries(facts).filter(([, value]) => value !== null && typeof value !== "object");
  return { ...measured, ...Object.fromEntries(plain), ...more, ...tags };
}
