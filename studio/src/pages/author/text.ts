/**
 * A YAML text as the truth, and changes of it by which everything else stays as it was written: comments, order,
 * spelling of numbers, folds of long commands.
 */
import {
  type Document,
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  type ScalarTag,
  type Tags,
  visit,
  YAMLMap,
} from "yaml";
import { mapOf, type Path } from "@/pages/author/schema";

export interface Told {
  line: number;
  column: number;
  message: string;
}

export interface Parsed {
  document: Document;
  lines: LineCounter;
  /** What it says, as plain values; the last that could be read where the text is no YAML now. */
  data: unknown;
  errors: Told[];
}

/** What a text says. YAML 1.1, as the server and the command line read it; times stay text. */
export function parsed(text: string): Parsed {
  const lines = new LineCounter();
  const document = parseDocument(text, { version: "1.1", lineCounter: lines, customTags: kept(text), merge: true });
  const errors = document.errors.map(({ message, pos: [start] }) => {
    const { line, col } = lines.linePos(start);
    return { line, column: col, message: message.split("\n")[0]?.replace(/ at line \d+, column \d+:?$/, "") ?? "" };
  });
  let data: unknown;
  try {
    data = document.toJS({ maxAliasCount: 1000 });
  } catch (error) {
    errors.push({ line: 1, column: 1, message: (error as Error).message });
  }
  if (errors.length === 0 && data !== null && data !== undefined && !mapOf(data))
    errors.push({ line: 1, column: 1, message: "A mapping is expected: lines of `key: value`." });
  return { document, lines, data, errors };
}

const ORIGINAL = Symbol("original");
type Written = Scalar & { [ORIGINAL]?: unknown };

/** The tags of YAML; a scalar whose value is what it was is written as it was. */
function kept(text: string): (tags: Tags) => Tags {
  return (tags) =>
    tags.flatMap((tag): Tags => {
      if (typeof tag === "string" || tag.collection) return [tag];
      const { stringify: plainly, ...rest } = tag as ScalarTag;
      if (tag.tag.endsWith(":timestamp")) return [];
      const stringify: ScalarTag["stringify"] = (node, context, onComment, onChompKeep) => {
        const source = sourceOf(node, text);
        if (source === undefined) return plainly ? plainly(node, context, onComment, onChompKeep) : String(node.value);
        if (isBlock(node) && node.comment) onComment?.(); // it stands in the head of the block
        return source;
      };
      return [{ ...rest, stringify }];
    });
}

function sourceOf(node: Written, text: string): string | undefined {
  if (!(ORIGINAL in node) || node[ORIGINAL] !== node.value || !node.range) return undefined;
  const source = text.slice(node.range[0], node.range[1]);
  if (isBlock(node)) return /^[|>]\d*\+/.test(source) ? undefined : source.trimEnd();
  return source || undefined;
}

const isBlock = ({ type }: Scalar) => type === "BLOCK_FOLDED" || type === "BLOCK_LITERAL";

function remember(document: Document): void {
  visit(document, {
    Scalar: (_, node) => {
      (node as Written)[ORIGINAL] = node.value;
    },
  });
}

/** Where new keys go among those that are there. */
const ORDER = [
  "$schema", "type", "name", "display_name", "experiment_name", "description", "tags", "trial", "command", "code",
  "environment", "environment_variables", "inputs", "outputs", "search_space", "sampling_algorithm", "objective",
  "early_termination", "jobs", "settings", "compute", "resources", "distribution", "limits", "services",
]; // biome-ignore format: a list to read

/**
 * The text with another value at a path; `undefined` takes it away, and mappings that become empty by that. A `comment`
 * is put behind the value, an empty one is taken away.
 */
export function edited(text: string, path: Path, value: unknown, comment?: string): string {
  const { document } = parsed(text);
  if (document.errors.length > 0) return text;
  remember(document);
  if (value === undefined) removed(document, path);
  else {
    if (!isMap(document.contents)) document.contents = new YAMLMap() as never;
    placed(document, path, value);
    const node = document.getIn(path, true);
    if (comment !== undefined && isScalar(node)) node.comment = comment ? ` ${comment}` : null;
  }
  const isEmpty = isMap(document.contents) && document.contents.items.length === 0;
  return isEmpty ? text.replace(/^(?![ \t]*#).*\n?/gm, "") : document.toString(styleOf(text));
}

function removed(document: Document, path: Path): void {
  if (!document.hasIn(path)) return;
  document.deleteIn(path);
  for (let above = path.slice(0, -1); above.length > 0; above = above.slice(0, -1)) {
    const node = document.getIn(above, true);
    if (!isCollection(node) || node.items.length > 0) return;
    document.deleteIn(above);
  }
}

function placed(document: Document, path: Path, value: unknown): void {
  for (let depth = 1; depth < path.length; depth += 1) {
    const above = path.slice(0, depth);
    if (!isCollection(document.getIn(above, true)) && (path[depth] === undefined || typeof path[depth] === "string"))
      put(document, above, new YAMLMap());
  }
  put(document, path, value);
}

function put(document: Document, path: Path, value: unknown): void {
  const [first] = path;
  const contents = document.contents;
  const multi = typeof value === "string" && value.includes("\n");
  if (path.length === 1 && isMap(contents) && !contents.has(first)) {
    const pair = document.createPair(first, value instanceof YAMLMap ? value : document.createNode(value));
    const rank = ORDER.indexOf(String(first));
    const before = contents.items.findIndex(({ key }) => rank >= 0 && ORDER.indexOf(String(key)) > rank);
    contents.items.splice(before < 0 ? contents.items.length : before, 0, pair as never);
  } else if (value instanceof YAMLMap || (value && typeof value === "object")) {
    document.setIn(path, value instanceof YAMLMap ? value : document.createNode(value));
  } else document.setIn(path, value);
  const node = document.getIn(path, true);
  if (isScalar(node) && multi !== isBlock(node)) node.type = multi ? "BLOCK_LITERAL" : "PLAIN";
}

/** Another name for a key, where it stands. */
export function renamed(text: string, path: Path, name: string): string {
  const { document } = parsed(text);
  const map = document.getIn(path.slice(0, -1), true);
  if (document.errors.length > 0 || !isMap(map) || map.has(name)) return text;
  remember(document);
  const pair = map.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(path.at(-1)));
  if (!pair) return text;
  pair.key = document.createNode(name);
  return document.toString(styleOf(text));
}

/** How the text is laid out, so that what is added looks the same. */
function styleOf(text: string) {
  const step = /^[\w."'-]+:[ \t]*(?:#.*)?\n( +)[^\s#-]/m.exec(text)?.[1]?.length ?? 2;
  return {
    lineWidth: 0,
    indent: Math.min(Math.max(step, 2), 8),
    indentSeq: !/^( *)[\w.-]+:[ \t]*\n\1- /m.test(text),
    flowCollectionPadding: !/\{\S/.test(text.replaceAll("${{", "")) || /\{ \S/.test(text.replaceAll("${{", "")),
  };
}

/** The line (from 1) where a path is said, or the nearest that encloses it. */
export function lineOf({ document, lines }: Parsed, path: Path): number {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const map = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    const step = path[depth - 1];
    const key = isMap(map)
      ? map.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step))?.key
      : undefined;
    const node = (key ?? (isCollection(map) && typeof step === "number" ? map.items[step] : undefined)) as
      | Node
      | undefined;
    if (node?.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}
