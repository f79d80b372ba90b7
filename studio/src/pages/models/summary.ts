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

export interface Form {
  /** The model itself, or a variant of it: the name and version of its page. */
  name: string;
  version: string;
  isParent: boolean;
  variant: string;
  size: number | null;
  /** How long one answer takes. */
  latency: number | null;
  /** That as a share of what the model itself took, timed beside it. */
  pace: number | null;
  /** How far its answers are from the model's own, at most. */
  difference: number | null;
  labelsDiffer: number | null;
  /** What it is better at than every other form. */
  best: ("fastest" | "smallest" | "most exact")[];
}

/** A model and its variants side by side, with what each is best for by what was measured when it was made. */
export function formsOf(summary: Summary, name: string, version: string): Form[] {
  const measured = (of: Record<string, string>, fact: string) =>
    of[fact] === undefined || !Number.isFinite(Number(of[fact])) ? null : Number(of[fact]);
  const variants = summary.variants.map((each): Form => {
    const flat = flatOf(each);
    const [latency, own] = [measured(flat, "latency_ms"), measured(flat, "parent_latency_ms")];
    return {
      name: each.name ?? name,
      version: each.version ?? "",
      isParent: false,
      variant: flat.variant ?? "",
      size: measured(flat, "size"),
      latency,
      pace: latency !== null && own ? latency / own : null,
      difference: measured(flat, "max_difference"),
      labelsDiffer: measured(flat, "labels_differ"),
      best: [],
    };
  });
  const size = summary.onnx.length === 1 ? (summary.onnx[0]?.size ?? null) : null;
  const parent: Form = {
    name,
    version,
    isParent: true,
    variant: "",
    size,
    latency: null,
    pace: variants.some(({ pace }) => pace !== null) ? 1 : null,
    difference: null,
    labelsDiffer: null,
    best: [],
  };
  const all = [parent, ...variants];
  crown(all, "fastest", ({ pace }) => pace, NOISE);
  crown(all, "smallest", ({ size: bytes }) => bytes);
  crown(variants, "most exact", ({ difference }) => difference);
  return all;
}

/** Two times that are nearer to each other say nothing of which is shorter. */
const NOISE = 0.05;

/** The one form with the least of something is named so; where the next is as good, or none stands beside it, none is. */
function crown(forms: Form[], word: Form["best"][number], of: (form: Form) => number | null, noise = 0) {
  const told = forms.flatMap((form) => {
    const value = of(form);
    return value === null ? [] : [{ form, value }];
  });
  const [first, second] = told.sort((one, other) => one.value - other.value);
  if (first && second && first.value < second.value * (1 - noise)) first.form.best.push(word);
}
