/** Prometheus' text, as far as an endpoint writes it: samples with labels, counters and gauges. */

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const LINE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+\d+)?$/;
const LABEL = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g;
const ESCAPED: Record<string, string> = { "\\n": "\n", '\\"': '"', "\\\\": "\\" };

/** Every sample of a text. */
export function parse(text: string): Sample[] {
  return text.split("\n").flatMap((line) => {
    const found = line.startsWith("#") ? null : LINE.exec(line.trim());
    if (!found) return [];
    const labels = [...(found[2] ?? "").matchAll(LABEL)].map(([, name = "", value = ""]) => [
      name,
      value.replaceAll(/\\[n"\\]/g, (escaped) => ESCAPED[escaped] ?? escaped),
    ]);
    return [{ name: found[1] ?? "", labels: Object.fromEntries(labels), value: numberOf(found[3] ?? "") }];
  });
}

function numberOf(text: string): number {
  if (/^[+]?inf$/i.test(text)) return Number.POSITIVE_INFINITY;
  return /^-inf$/i.test(text) ? Number.NEGATIVE_INFINITY : Number(text);
}

/** What was counted for one deployment since its endpoint began to answer. */
export interface Counted {
  deployment: string;
  requests: number;
  failed: number;
  /** Requests by status. */
  statuses: Record<string, number>;
  seconds: number;
  received: number;
  sent: number;
  /** Gauges of this moment, by the word behind `lazuli_endpoint_`. */
  now: Record<string, number>;
}

const PREFIX = "lazuli_endpoint_";

/** What an endpoint counted, by deployment; `""` are the requests that met none. */
export function countedIn(text: string): Counted[] {
  const found = new Map<string, Counted>();
  for (const { name, labels, value } of parse(text)) {
    if (!name.startsWith(PREFIX) || labels.le !== undefined) continue;
    const deployment = labels.deployment ?? "";
    const one = found.get(deployment) ?? empty(deployment);
    found.set(deployment, one);
    count(one, name.slice(PREFIX.length), labels, value);
  }
  return [...found.values()];
}

const empty = (deployment: string): Counted => ({
  deployment,
  requests: 0,
  failed: 0,
  statuses: {},
  seconds: 0,
  received: 0,
  sent: 0,
  now: {},
});

function count(one: Counted, word: string, labels: Record<string, string>, value: number) {
  if (word === "requests_total") {
    const status = labels.status ?? "";
    one.statuses[status] = (one.statuses[status] ?? 0) + value;
    one.requests += value;
    if (Number(status) >= 400) one.failed += value;
  } else if (word === "request_seconds_sum") one.seconds = value;
  else if (word === "received_bytes_total") one.received = value;
  else if (word === "sent_bytes_total") one.sent = value;
  else if (!word.endsWith("_total") && word !== "request_seconds_count") one.now[word] = value;
}

/**
 * Below how many seconds `part` of the requests stayed, by the buckets of a histogram, between two readings of it (or
 * since its beginning); null where nothing was asked.
 */
export function quantile(part: number, later: Sample[], earlier: Sample[] = []): number | null {
  const before = new Map(earlier.map(({ labels, value }) => [Number(bound(labels)), value]));
  const buckets = later
    .map(({ labels, value }) => ({
      le: Number(bound(labels)),
      value: value - (before.get(Number(bound(labels))) ?? 0),
    }))
    .sort((one, other) => one.le - other.le);
  const total = buckets.at(-1)?.value ?? 0;
  if (total <= 0) return null;
  let [low, below] = [0, 0];
  for (const { le, value } of buckets) {
    if (value >= part * total) {
      if (!Number.isFinite(le)) return low;
      return value === below ? le : low + ((le - low) * (part * total - below)) / (value - below);
    }
    [low, below] = [le, value];
  }
  return low;
}

const bound = (labels: Record<string, string>) => (labels.le ?? "").replace("+Inf", "Infinity");
