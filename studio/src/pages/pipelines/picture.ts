/** The graph of a pipeline as the server tells it, and as it is drawn. */
import type { GraphEdge } from "@/parts/graph";

export interface Step {
  step: string;
  type: string;
  displayName: string;
  job: string;
  status: string;
  component?: string;
  startTime?: string;
  endTime?: string;
  reusedJob?: string;
  error?: { message?: string } | null;
}

export interface Wire {
  from: string;
  output: string;
  to: string;
  input: string;
}

export interface Told {
  job: string;
  status: string;
  nodes: Step[];
  edges: Wire[];
}

/** The nodes that stand for what the pipeline itself is given, and for what it gives. */
export const GIVEN = "@inputs";
export const GIVES = "@outputs";
const MOST_WORDS = 3;

/** One edge for all that leads from one step to another; its label names the ports, once where both are called the same. */
export function edgesOf({ nodes, edges }: Told): GraphEdge[] {
  const isRunning = new Set(nodes.filter(({ status }) => isMoving(status)).map(({ step }) => step));
  const joined = new Map<string, { from: string; to: string; words: string[]; isOrder: boolean }>();
  for (const wire of edges) {
    const [from, to] = [wire.from || GIVEN, wire.to || GIVES];
    const one = joined.get(`${from} ${to}`) ?? { from, to, words: [], isOrder: true };
    const word =
      wire.output && wire.input && wire.output !== wire.input
        ? `${wire.output} → ${wire.input}`
        : wire.output || wire.input;
    if (word && !one.words.includes(word)) one.words.push(word);
    if (word) one.isOrder = false;
    joined.set(`${from} ${to}`, one);
  }
  return [...joined.values()].map(({ from, to, words, isOrder }) => ({
    from,
    to,
    label:
      words.length > MOST_WORDS
        ? `${words.slice(0, MOST_WORDS).join(", ")} +${words.length - MOST_WORDS}`
        : words.join(", "),
    isLive: isRunning.has(to),
    isDashed: isOrder,
  }));
}

const STILL = new Set(["NotStarted", "Completed", "Failed", "Canceled", "Queued"]);

/** Whether a status says that something happens now. */
export const isMoving = (status: string) => !STILL.has(status);

/** What a pipeline reads or writes itself, by the names of its ports. */
export function portsOf({ edges }: Told, side: "from" | "to"): string[] {
  const own = edges.filter((wire) => wire[side] === "").map(({ output, input }) => (side === "from" ? output : input));
  return [...new Set(own)];
}

/** How long a step took, in milliseconds, or has taken by now. */
export function tookOf({ startTime, endTime }: Step, now = Date.now()): number | null {
  if (!startTime) return null;
  return (endTime ? Date.parse(endTime) : now) - Date.parse(startTime);
}
