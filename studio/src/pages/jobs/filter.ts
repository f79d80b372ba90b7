/**
 * The filter language of jobs, as far as its input needs to know it: MLflow's, which the server reads. What could stand
 * at a place, whether a text is a whole filter, and whether it is a filter at all or words to search for.
 */
import type { Doc } from "@/api/client";

export type Words = Doc<"JobWords">;

export interface Token {
  kind: "text" | "number" | "name" | "sign" | "mark" | "open";
  text: string;
  from: number;
  to: number;
}

const NAME = String.raw`(?:[^\W\d]\w*|\x60[^\x60]*\x60|"[^"]*")(?:\.(?:\w+|\x60[^\x60]*\x60|"[^"]*"))*\.?`;
const TOKEN = new RegExp(
  String.raw`\s*(?:(?<text>'(?:[^']|'')*')|(?<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)(?!\w)|(?<name>${NAME})|(?<sign><=|>=|!=|=|<|>)|(?<mark>[(),]))`,
  "y",
);
const ASKS = /[=<>]|\bI?LIKE\s*['"]|\bIN\s*\(|\bIS\s+(?:NOT\s+)?NULL\b/i;

/** Whether a text compares something; else it is words to look for in names. */
export const isFilter = (text: string) => ASKS.test(text);

/** The pieces of a filter; what is none (an open quote, a stray sign) is one piece up to the end. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  let at = 0;
  while (at < end) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    const [kind, piece] = Object.entries(found?.groups ?? {}).find(([, value]) => value !== undefined) ?? [];
    if (!found || !kind || piece === undefined) {
      const from = at + (text.slice(at).length - text.slice(at).trimStart().length);
      tokens.push({ kind: "open", text: text.slice(from), from, to: text.length });
      return tokens;
    }
    at = TOKEN.lastIndex;
    tokens.push({ kind: kind as Token["kind"], text: piece, from: at - piece.length, to: at });
  }
  return tokens;
}

/** What a filter may say of a job itself, and what it compares with. */
export const FIELDS: Record<string, { kind: "text" | "number" | "time"; words?: keyof Words }> = {
  status: { kind: "text", words: "statuses" },
  type: { kind: "text", words: "types" },
  experiment: { kind: "text", words: "experiments" },
  displayName: { kind: "text" },
  name: { kind: "text" },
  created: { kind: "time" },
  started: { kind: "time" },
  ended: { kind: "time" },
  duration: { kind: "number" },
  createdBy: { kind: "text", words: "users" },
  compute: { kind: "text", words: "computes" },
  parent: { kind: "text" },
};
const KINDS = { metrics: "metrics", params: "params", tags: "tags" } as const;
const TEXT_SIGNS = ["=", "!=", "LIKE", "ILIKE", "IN", "NOT IN"];
const NUMBER_SIGNS = ["=", "!=", ">", ">=", "<", "<="];
const NULLS = ["IS NULL", "IS NOT NULL"];

/** A key as a filter names it: `metrics.auc`, with quotes where it is more than a word. */
export function keyWord(kind: keyof typeof KINDS, key: string): string {
  if (/^\w+(\.\w+)*$/.test(key)) return `${kind}.${key}`;
  return key.includes("`") ? `${kind}."${key}"` : `${kind}.\`${key}\``;
}

/** A text as a filter says it. */
export const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** What a key compares with: `number` for metrics, `text` for parameters and tags. */
function kindOf(key: string): { kind: "text" | "number" | "time"; words?: keyof Words; mayLack: boolean } {
  const [first = "", ...rest] = key.split(".");
  if (!rest.length || /^(attributes?|attr|run)$/.test(first)) {
    const field = FIELDS[rest.join(".") || key] ?? { kind: "text" as const };
    return { ...field, mayLack: field.kind !== "text" };
  }
  return { kind: first.startsWith("metric") ? "number" : "text", mayLack: true };
}

type Step = "key" | "sign" | "value" | "list" | "comma" | "and";
interface Place {
  step: Step;
  key: string;
}

/** What is expected behind some tokens; null where they already are no filter. */
function placeAfter(tokens: Token[]): Place | null {
  let place: Place = { step: "key", key: "" };
  for (let at = 0; at < tokens.length; at += 1) {
    const { kind, text } = tokens[at] as Token;
    const word = text.toUpperCase();
    if (place.step === "key" && kind === "name") place = { step: "sign", key: text };
    else if (place.step === "sign" && kind === "sign") place = { ...place, step: "value" };
    else if (place.step === "sign" && /^I?LIKE$/.test(word)) place = { ...place, step: "value" };
    else if (place.step === "sign" && word === "NOT") continue;
    else if (place.step === "sign" && word === "IN") {
      at += 1;
      if (at < tokens.length && tokens[at]?.text !== "(") return null;
      place = { ...place, step: "list" };
    } else if (place.step === "sign" && word === "IS") continue;
    else if (place.step === "sign" && word === "NULL") place = { ...place, step: "and" };
    else if (place.step === "value" && kind !== "open" && kind !== "mark") place = { ...place, step: "and" };
    else if (place.step === "list" && (kind === "text" || kind === "name")) place = { ...place, step: "comma" };
    else if (place.step === "comma" && text === ",") place = { ...place, step: "list" };
    else if ((place.step === "comma" || place.step === "list") && text === ")") place = { ...place, step: "and" };
    else if (place.step === "and" && word === "AND") place = { step: "key", key: "" };
    else return null;
  }
  return place;
}

/** Whether a text can be asked as it stands: a filter that is whole, or words. */
export function isWhole(text: string): boolean {
  if (!isFilter(text)) return true;
  return placeAfter(tokensOf(text))?.step === "and";
}

export interface Suggestion {
  label: string;
  insert: string;
  /** What it is: a field, a metric, a sign… */
  kind: "field" | "metric" | "param" | "tag" | "sign" | "value" | "and";
  count?: number;
}

export interface Completion {
  /** Which characters a suggestion replaces. */
  from: number;
  to: number;
  suggestions: Suggestion[];
}

const MOST = 60;

/** What could stand where the caret is. */
export function completionsAt(text: string, caret: number, words: Words | undefined, now = Date.now()): Completion {
  const before = tokensOf(text.slice(0, caret));
  const last = before.at(-1);
  const isInside = last !== undefined && last.to >= caret && last.kind !== "mark" && last.kind !== "sign";
  const partial = isInside ? last.text : "";
  const place = placeAfter(isInside ? before.slice(0, -1) : before);
  const from = isInside ? last.from : caret;
  if (!place) return { from, to: caret, suggestions: [] };
  const could = candidates(place, words, now);
  return { from, to: caret, suggestions: ranked(could, partial).slice(0, MOST) };
}

function ranked(could: Suggestion[], partial: string): Suggestion[] {
  const said = partial.toLowerCase().replace(/^['"]/, "");
  if (!said) return could;
  const rank = ({ label }: Suggestion) => {
    const word = label.toLowerCase();
    if (word.startsWith(said)) return 0;
    if (word.slice(word.indexOf(".") + 1).startsWith(said)) return 1;
    return word.includes(said) ? 2 : 3;
  };
  return could
    .filter((each) => rank(each) < 3)
    .sort((one, other) => rank(one) - rank(other))
    .filter((each, _, all) => !(all.length === 1 && each.insert.trim() === partial));
}

function candidates(place: Place, words: Words | undefined, now: number): Suggestion[] {
  if (place.step === "key") return keys(words);
  if (place.step === "and") return [{ label: "AND", insert: "AND ", kind: "and" }];
  const { kind, words: named, mayLack } = kindOf(place.key);
  if (place.step === "sign") {
    const signs = kind === "text" ? TEXT_SIGNS : NUMBER_SIGNS;
    return [...signs, ...(mayLack ? NULLS : [])].map((sign) => ({
      label: sign,
      insert: sign.endsWith("IN") ? `${sign} (` : `${sign} `,
      kind: "sign",
    }));
  }
  if (place.step === "comma") {
    return [
      { label: ",", insert: ", ", kind: "sign" },
      { label: ")", insert: ") ", kind: "sign" },
    ];
  }
  if (kind === "time") return days(now);
  const behind = place.step === "list" ? "" : " ";
  return (named ? (words?.[named] ?? []) : []).map(({ name, count }) => ({
    label: name,
    insert: quoted(name) + behind,
    kind: "value",
    count,
  }));
}

function keys(words: Words | undefined): Suggestion[] {
  const found: Suggestion[] = Object.keys(FIELDS).map((name) => ({ label: name, insert: `${name} `, kind: "field" }));
  for (const kind of ["metrics", "params", "tags"] as const) {
    for (const { name, count } of words?.[kind] ?? []) {
      const word = keyWord(kind, name);
      found.push({ label: word, insert: `${word} `, kind: kind.slice(0, -1) as Suggestion["kind"], count });
    }
  }
  return found;
}

const DAY = 86_400_000;

function days(now: number): Suggestion[] {
  return [0, 1, 7, 30].map((back) => {
    const day = quoted(new Date(now - back * DAY).toISOString().slice(0, 10));
    return { label: day.slice(1, -1), insert: `${day} `, kind: "value" };
  });
}

/** Where a problem says the mistake is, within a text; null where it says nothing of the filter. */
export function mistakeIn(target: string, text: string): [from: number, to: number] | null {
  const found = /^filter\[(\d+):(\d+)\]$/.exec(target);
  if (!found) return null;
  const from = Math.min(Number(found[1]), text.length);
  return [from, Math.max(from, Math.min(Number(found[2]), text.length))];
}
