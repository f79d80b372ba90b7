/** The JSON Schema of a file, walked along what the file says: which keys and words may stand at a place, and what is wrong. */

export interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  title?: string;
  description?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  if?: Schema;
  then?: Schema;
  else?: Schema;
  readOnly?: boolean;
  minimum?: number;
  maximum?: number;
  pattern?: string;
}

export type Path = (string | number)[];

/** The mapping that a value is, or nothing. */
export function mapOf(value: unknown): Record<string, unknown> | null {
  return value && typeof value === "object" && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
}

/** What `data` says at a path. */
export function at(data: unknown, path: Path): unknown {
  let here = data;
  for (const step of path) here = Array.isArray(here) ? here[Number(step)] : mapOf(here)?.[step];
  return here;
}

/** The schema that is meant for a value: references followed, the kind chosen that the value says, `null` left out. */
export function meant(schema: Schema | undefined, root: Schema, value: unknown): Schema | undefined {
  let here = schema;
  let common: Schema["properties"];
  for (let steps = 0; here && steps < 30; steps += 1) {
    if (here.$ref) here = { ...root.$defs?.[here.$ref.split("/").at(-1) ?? ""], ...told(here) };
    else if (here.if) {
      common = { ...common, ...here.properties };
      here = (fits(here.if, value) ? here.then : here.else) ?? {};
    } else if (here.oneOf ?? here.anyOf)
      here = { ...chosen(here.oneOf ?? here.anyOf ?? [], root, value), ...told(here) };
    else break;
  }
  return common && here ? { ...here, properties: { ...here.properties, ...common } } : here;
}

function told({ description, default: given }: Schema): Schema {
  return {
    ...(description ? { description } : {}),
    ...(given !== undefined && given !== null ? { default: given } : {}),
  };
}

function fits(condition: Schema, value: unknown): boolean {
  const data = mapOf(value);
  return Object.entries(condition.properties ?? {}).every(([word, { const: wanted }]) => data?.[word] === wanted);
}

/** Of several schemas the one that a value is most like: that of its `type`, else that of its shape. */
function chosen(members: Schema[], root: Schema, value: unknown): Schema {
  const open = members.map((each) => ({ each, whole: followed(each, root) }));
  const real = open.filter(({ whole }) => whole.type !== "null");
  const data = mapOf(value);
  if (data) {
    const kinds = real.filter(({ whole }) => whole.properties ?? whole.anyOf ?? whole.oneOf ?? whole.type === "object");
    const named = kinds.find(({ whole }) => isKind(whole, data.type));
    return (named ?? kinds[0] ?? real[0])?.each ?? {};
  }
  if (Array.isArray(value)) return (real.find(({ whole }) => whole.type === "array") ?? real[0])?.each ?? {};
  if (value === null || value === undefined) return real.length === 1 ? (real[0]?.each ?? {}) : joined(real, root);
  return (real.find(({ whole }) => isScalar(whole)) ?? real[0])?.each ?? {};
}

/** What could stand where nothing stands yet: words of all kinds, and the keys of the first that has some. */
function joined(open: { each: Schema; whole: Schema }[], root: Schema): Schema {
  const words = open.flatMap(({ each }) => wordsOf(each, root));
  const types = open.flatMap(({ whole }) => whole.type ?? []);
  const mapping = open.find(({ whole }) => whole.properties)?.whole ?? {};
  return {
    ...mapping,
    ...(words.length ? { enum: words } : {}),
    ...(types.length ? { type: [...new Set(types)] } : {}),
  };
}

function followed(schema: Schema, root: Schema): Schema {
  return schema.$ref ? (root.$defs?.[schema.$ref.split("/").at(-1) ?? ""] ?? {}) : schema;
}

function isKind(schema: Schema, type: unknown): boolean {
  const said = schema.properties?.type;
  if (!said) return false;
  return said.enum ? said.enum.includes(type ?? said.default) : said.const === type;
}

function isScalar({ type, enum: words, properties }: Schema): boolean {
  const types = [type ?? []].flat();
  return !properties && (words !== undefined || types.some((each) => each !== "object" && each !== "array"));
}

/** The schema at a path of a file that says `data`; nothing where the file may say anything there, or nothing. */
export function schemaAt(root: Schema, data: unknown, path: Path): Schema | undefined {
  let here = meant(root, root, data);
  let value = data;
  for (const step of path) {
    value = at(value, [step]);
    here = meant(below(here, step), root, value);
    if (!here) return undefined;
  }
  return here;
}

function below(schema: Schema | undefined, step: string | number): Schema | undefined {
  if (typeof step === "number") return schema?.items;
  const own = schema?.properties?.[step];
  if (own) return own;
  return typeof schema?.additionalProperties === "object" ? schema.additionalProperties : undefined;
}

/** Words that may stand for a value. */
export function wordsOf(schema: Schema | undefined, root: Schema): unknown[] {
  if (!schema) return [];
  const whole = followed(schema, root);
  if (whole.enum) return whole.enum;
  if (whole.const !== undefined) return [whole.const];
  const members = whole.anyOf ?? whole.oneOf;
  if (members) return [...new Set(members.flatMap((each) => wordsOf(each, root)))];
  return whole.type === "boolean" ? [true, false] : [];
}

/** The keys that one writes in a mapping, required ones first. */
export function keysOf(schema: Schema | undefined): { key: string; schema: Schema; isRequired: boolean }[] {
  const required = new Set(schema?.required);
  return Object.entries(schema?.properties ?? {})
    .filter(([key, part]) => !part.readOnly && key !== "$schema")
    .map(([key, part]) => ({ key, schema: part, isRequired: required.has(key) }))
    .sort((one, other) => Number(other.isRequired) - Number(one.isRequired));
}

export interface Fault {
  path: Path;
  /** What is wrong with it. */
  kind: "unknown" | "missing" | "word" | "type" | "range";
  /** What could stand there instead. */
  wanted: string[];
}

/** What is plainly wrong with a file, without asking anybody: keys, words, types. */
export function faultsOf(root: Schema, data: unknown): Fault[] {
  const found: Fault[] = [];
  visit(root, root, data, [], found);
  return found;
}

function visit(schema: Schema | undefined, root: Schema, value: unknown, path: Path, found: Fault[]): void {
  const here = meant(schema, root, value);
  if (!here || value === undefined || value === null || found.length > 50) return;
  const data = mapOf(value);
  if (data) {
    for (const word of here.required ?? []) if (!(word in data)) found.push({ path, kind: "missing", wanted: [word] });
    for (const [key, part] of Object.entries(data)) {
      const next = below(here, key);
      if (next) visit(next, root, part, [...path, key], found);
      else if (here.properties && here.additionalProperties === false)
        found.push({ path: [...path, key], kind: "unknown", wanted: keysOf(here).map((each) => each.key) });
    }
  } else if (Array.isArray(value)) {
    value.forEach((part, index) => {
      visit(here.items, root, part, [...path, index], found);
    });
  } else scalar(here, value, path, found);
}

function scalar(schema: Schema, value: unknown, path: Path, found: Fault[]): void {
  if (typeof value === "string" && value.includes("${{")) return;
  if (schema.enum) {
    const spelt = (word: unknown) => String(word).toLowerCase().replaceAll(/[_-]/g, "");
    if (!schema.enum.some((word) => spelt(word) === spelt(value)))
      found.push({ path, kind: "word", wanted: schema.enum.map(String) });
    return;
  }
  const types = [schema.type ?? []].flat();
  if (types.length && !types.some((type) => isOf(type, value))) found.push({ path, kind: "type", wanted: types });
  else if (typeof value === "number" && (value < (schema.minimum ?? value) || value > (schema.maximum ?? value)))
    found.push({ path, kind: "range", wanted: [`${schema.minimum ?? "−∞"} – ${schema.maximum ?? "∞"}`] });
}

function isOf(type: string, value: unknown): boolean {
  if (type === "integer") return Number.isInteger(Number(value)) && value !== "" && typeof value !== "boolean";
  if (type === "number") return !Number.isNaN(Number(value)) && value !== "" && typeof value !== "boolean";
  if (type === "string") return typeof value !== "object" && typeof value !== "boolean";
  if (type === "boolean") return typeof value === "boolean";
  return false;
}
