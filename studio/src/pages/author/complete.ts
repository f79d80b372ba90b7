/** What may stand at a place of a YAML text that is still being written: keys, words, and names that the server knows. */
import { at, keysOf, mapOf, meant, type Path, type Schema, schemaAt, wordsOf } from "@/pages/author/schema";
import { parsed } from "@/pages/author/text";
import type { Suggestion } from "@/parts/monaco";

/** Names of what lies in the workspace. */
export interface Names {
  computes: string[];
  environments: string[];
  data: string[];
  models: string[];
  components: string[];
}

export const NO_NAMES: Names = { computes: [], environments: [], data: [], models: [], components: [] };

interface Place {
  /** The keys that lead to the line. */
  path: Path;
  /** The key whose value is being written; nothing where a key is. */
  key: string | null;
  /** What is written of it so far, and the column where that begins. */
  written: string;
  from: number;
}

const LINE = /^(\s*)((?:- +)*)(?:("[^"]*"|'[^']*'|[^\s:#'"{[][^:#]*?)\s*:(?:\s+|$))?(.*)$/;

/** Where a position (from 1) of a text is, told from indentation alone: a text in the making is seldom YAML. */
export function placeAt(text: string, line: number, column: number): Place {
  const rows = text.split("\n");
  const row = (rows[line - 1] ?? "").slice(0, column - 1);
  const [, blank = "", dashes = "", key, written = ""] = LINE.exec(row) ?? [];
  const depth = blank.length + dashes.length;
  const path = pathAbove(rows, line - 1, depth, dashes.length > 0 ? blank.length : null);
  const isValue = key !== undefined;
  return { path, key: isValue ? key.replaceAll(/["']/g, "").trim() : null, written, from: column - written.length };
}

function pathAbove(rows: string[], index: number, depth: number, dash: number | null): Path {
  const path: Path = [];
  let indent = depth;
  let list = dash;
  if (dash !== null) {
    path.unshift(countAbove(rows, index, dash));
    indent = dash + 1; // a list may stand as far left as its key
  }
  for (let above = index - 1; above >= 0 && indent > 0; above -= 1) {
    const row = rows[above] ?? "";
    if (/^\s*(#|$)/.test(row)) continue;
    const [, blank = "", dashes = "", key] = LINE.exec(row) ?? [];
    const keyAt = blank.length + dashes.length;
    if (dashes && blank.length === list) continue; // another item of the same list
    if (key !== undefined && keyAt < indent) {
      path.unshift(key.replaceAll(/["']/g, "").trim());
      indent = keyAt;
      list = null;
    }
    if (dashes && blank.length < indent) {
      path.unshift(countAbove(rows, above, blank.length));
      indent = blank.length + 1;
      list = blank.length;
    }
  }
  return path;
}

/** Which item of its list a line is. */
function countAbove(rows: string[], index: number, indent: number): number {
  let count = 0;
  for (let above = index - 1; above >= 0; above -= 1) {
    const row = rows[above] ?? "";
    const blank = row.length - row.trimStart().length;
    if (!row.trim() || blank > indent) continue;
    if (blank < indent || !row.trimStart().startsWith("-")) return count;
    count += 1;
  }
  return count;
}

/** What could stand at a position of a text. */
export function completions(root: Schema, names: Names, text: string, line: number, column: number): Suggestion[] {
  const place = placeAt(text, line, column);
  const { data } = parsed(text);
  const bound = bindings(place, data);
  if (bound) return bound;
  if (place.key === null) return keyChoices(root, data, place);
  const path = [...place.path, place.key];
  const schema = schemaAt(root, data, path) ?? {};
  const words = wordsOf(schema, root).map((word) => ({ label: String(word), from: place.from }));
  return [...named(path, data, names).map((label) => ({ label, from: place.from })), ...words];
}

function keyChoices(root: Schema, data: unknown, place: Place): Suggestion[] {
  const schema = schemaAt(root, data, place.path);
  const there = mapOf(at(data, place.path)) ?? {};
  const room = " ".repeat(place.from - 1);
  return keysOf(schema)
    .filter(({ key }) => !(key in there) || key === place.written)
    .map(({ key, schema: part, isRequired }) => {
      const inner = meant(part, root, undefined);
      const types = [inner?.type ?? []].flat();
      const opens = !types.includes("string") && (inner?.properties || types.includes("object"));
      const insert = opens
        ? `${key}:\n${room}  `
        : types.includes("array") && types.length === 1
          ? `${key}:\n${room}  - `
          : `${key}: `;
      return {
        label: key,
        insert,
        detail: isRequired ? "required" : "",
        documentation: part.description,
        from: place.from,
        first: isRequired,
      };
    });
}

function named(path: Path, data: unknown, names: Names): string[] {
  const key = String(path.at(-1));
  const latest = (each: string) => `azureml:${each}@latest`;
  if (key === "compute" || key === "default_compute") return names.computes.map((each) => `azureml:${each}`);
  if (key === "environment") return names.environments.map(latest);
  if (key === "component" || (key === "trial" && path.includes("jobs"))) return names.components.map(latest);
  if (key !== "path" || !path.includes("inputs")) return [];
  const type = String(mapOf(at(data, path.slice(0, -1)))?.type ?? "");
  return (type.endsWith("_model") ? names.models : type ? names.data : [...names.data, ...names.models]).map(latest);
}

/** Behind `${{` stands what the file gives: inputs, outputs, hyperparameters, other steps. */
function bindings(place: Place, data: unknown): Suggestion[] | null {
  const [, begun] = /\$\{\{\s*([\w.]*)$/.exec(place.written) ?? [];
  if (begun === undefined) return null;
  const step =
    place.path[0] === "jobs" && place.path.length > 1 ? mapOf(at(data, ["jobs", place.path[1] ?? ""])) : null;
  const own = step ?? mapOf(data) ?? {};
  const isCommand = place.key === "command" || (step === null && mapOf(data)?.type !== "pipeline");
  const found = isCommand
    ? ["inputs", "outputs", "search_space"].flatMap((group) =>
        Object.keys(mapOf(own[group]) ?? {}).map((word) => `${group}.${word}`),
      )
    : ofPipeline(mapOf(data) ?? {}, String(place.path[1] ?? ""));
  const from = place.from + place.written.length - begun.length;
  return found.map((label) => ({ label, insert: `${label}}}`, from }));
}

function ofPipeline(data: Record<string, unknown>, own: string): string[] {
  const inputs = Object.keys(mapOf(data.inputs) ?? {}).map((word) => `parent.inputs.${word}`);
  const outputs = Object.keys(mapOf(data.outputs) ?? {}).map((word) => `parent.outputs.${word}`);
  const others = Object.entries(mapOf(data.jobs) ?? {}).filter(([step]) => step !== own);
  const steps = others.flatMap(([step, said]) =>
    Object.keys(mapOf(mapOf(said)?.outputs) ?? {}).map((word) => `parent.jobs.${step}.outputs.${word}`),
  );
  return [...inputs, ...steps, ...outputs];
}

/** What is said of the key at a position: its description, its words, its default. */
export function hoverAt(root: Schema, text: string, line: number, column: number): string | null {
  const row = text.split("\n")[line - 1] ?? "";
  const [, blank = "", dashes = "", key] = LINE.exec(row) ?? [];
  const start = blank.length + dashes.length + 1;
  if (key === undefined || column < start || column > start + key.length) return null;
  const { data } = parsed(text);
  const place = placeAt(text, line, row.length + 1);
  const schema = schemaAt(root, data, [...place.path, place.key ?? ""]);
  if (!schema?.description) return null;
  const words = wordsOf(schema, root);
  const lines = [`**${place.key}** — ${schema.description}`];
  if (words.length) lines.push(words.map((word) => `\`${word}\``).join(" · "));
  const given = schema.default;
  if (given !== undefined && given !== null && given !== "") lines.push(`Default: \`${JSON.stringify(given)}\``);
  return lines.join("\n\n");
}
