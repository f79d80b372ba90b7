/** What a model is made of, as the server sums it up from its files. */

export interface Port {
  name?: string;
  type?: string;
  shape?: (number | string | null)[] | null;
  [fact: string]: unknown;
}

export interface Onnx {
  path: string;
  size: number;
  problem: string | null;
  ir_version?: number;
  producer?: string;
  producer_version?: string;
  description?: string;
  name?: string;
  inputs?: Port[];
  outputs?: Port[];
  opsets?: Record<string, number>;
  operators?: Record<string, number>;
  nodes?: number;
  parameters?: number;
}

export interface Variant {
  name?: string;
  version?: string;
  [fact: string]: unknown;
}

export interface Summary {
  files: { path: string; size: number; modifiedAt?: number | null }[];
  size: number;
  isCut: boolean;
  onnx: Onnx[];
  mlflow: {
    flavors: Record<string, Record<string, unknown>>;
    inputs: Port[] | null;
    outputs: Port[] | null;
    params: Port[] | null;
    facts: Record<string, string>;
  } | null;
  variantOf: string | null;
  measured: Record<string, string>;
  variants: Variant[];
}

/** A shape as one reads it; what may be any number is `?`. */
export function shapeOf(shape: Port["shape"]): string {
  if (!shape) return "–";
  return shape.length ? shape.map((each) => each ?? "?").join(" × ") : "1";
}

/** Operators, the most frequent first, each with its share of the most frequent one. */
export function countsOf(operators: Record<string, number> = {}): { name: string; count: number; share: number }[] {
  const sorted = Object.entries(operators).sort(([a, x], [b, y]) => y - x || a.localeCompare(b));
  const most = sorted[0]?.[1] ?? 1;
  return sorted.map(([name, count]) => ({ name, count, share: count / most }));
}

/** The names of what tells variants apart, in the order in which they come. */
export function factsOf(variants: Variant[]): string[] {
  const flat = variants.flatMap((each) => Object.keys(flatOf(each)));
  return [...new Set(flat)].filter((fact) => fact !== "name" && fact !== "version");
}

/** A variant without levels: `measured` and the like are lifted up, objects left out. */
export function flatOf(variant: Variant): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [fact, value] of Object.entries(variant)) {
    if (value === null || value === undefined) continue;
    if (typeof value !== "object") found[fact] = String(value);
    else if (!Array.isArray(value))
      for (const [inner, said] of Object.entries(value))
        if (said !== null && typeof said !== "object") found[inner] = String(said);
  }
  return found;
}
