/** A request as a table and as JSON, by the schema that the endpoint tells in `/swagger.json`. */

export type Cell = string;
type Json = unknown;

export interface Input {
  name: string;
  type: "number" | "integer" | "boolean" | "string" | "any";
  isOptional: boolean;
}

/** How rows stand in the JSON of a request. */
export type Shape = "rows" | "records" | "split" | "values";

export interface Form {
  /** The member of the request that holds the table: `input_data`, `data`. */
  member: string;
  shape: Shape;
  inputs: Input[];
}

interface Schema {
  type?: string | string[];
  $ref?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema | Record<string, never>;
  minItems?: number;
  maxItems?: number;
  example?: Json;
}

interface Swagger {
  components?: { schemas?: Record<string, Schema> };
  definitions?: Record<string, Schema>;
}

/** What is asked for: the schema of a request, an example of one, and the table in it, where it holds one. */
export interface Asking {
  example: Json;
  form: Form | null;
}

export function askingOf(swagger: Swagger | null | undefined): Asking {
  const schemas = swagger?.components?.schemas ?? swagger?.definitions ?? {};
  const taken = resolved(schemas.ServiceInput, schemas);
  const form = taken ? formIn(taken, schemas) : null;
  const said = taken?.example;
  const isEmpty = said === undefined || (typeof said === "object" && said !== null && !Object.keys(said).length);
  if (!isEmpty) return { example: said, form: form ?? formOfExample(said) };
  return { example: form ? jsonOf(form, [blank(form)]) : {}, form };
}

function resolved(schema: Schema | undefined, schemas: Record<string, Schema>): Schema | undefined {
  const name = schema?.$ref?.split("/").at(-1);
  return name ? resolved(schemas[name], schemas) : schema;
}

/** The table that a request's schema describes: the first member that is a list of rows, records or values. */
function formIn(taken: Schema, schemas: Record<string, Schema>): Form | null {
  const order = Object.entries(taken.properties ?? {}).sort(([one], [other]) => rank(one) - rank(other));
  for (const [member, said] of order) {
    const rows = resolved(said, schemas);
    const split = splitIn(rows, schemas);
    if (split) return { member, shape: "split", inputs: split };
    const row = rows?.type === "array" ? resolved(rows.items as Schema, schemas) : undefined;
    if (row?.type === "object" && row.properties) return { member, shape: "records", inputs: inputsOf(row, schemas) };
    if (row?.type === "array") {
      const cell = resolved(row.items as Schema, schemas);
      const width = row.minItems ?? width2(rows?.example ?? exampleAt(taken, member));
      if (width && cell?.type !== "array")
        return { member, shape: "rows", inputs: unnamed(width, typeOf(cell?.type ? cell : undefined)) };
    } else if (row && isPlain(row)) return { member, shape: "values", inputs: [input("value", row)] };
  }
  return null;
}

const rank = (member: string) => (member === "input_data" ? 0 : member === "data" ? 1 : 2);

const exampleAt = (taken: Schema, member: string) => (taken.example as Record<string, Json> | undefined)?.[member];

const width2 = (rows: Json) => (Array.isArray(rows) && Array.isArray(rows[0]) ? rows[0].length : 0);

function splitIn(said: Schema | undefined, schemas: Record<string, Schema>): Input[] | null {
  const data = resolved(said?.properties?.data, schemas);
  const example = said?.example as { columns?: string[]; data?: Json[][] } | undefined;
  if (!said?.properties?.columns || !data || !example?.columns) return null;
  return example.columns.map((name, index) => ({
    name,
    type: typeOfValue(example.data?.[0]?.[index]),
    isOptional: false,
  }));
}

function inputsOf(row: Schema, schemas: Record<string, Schema>): Input[] {
  const needed = new Set(row.required ?? []);
  return Object.entries(row.properties ?? {}).map(([name, said]) => ({
    ...input(name, resolved(said, schemas) ?? {}),
    isOptional: !!row.required && !needed.has(name),
  }));
}

const input = (name: string, said: Schema): Input => ({ name, type: typeOf(said), isOptional: false });

const unnamed = (count: number, type: Input["type"]): Input[] =>
  Array.from({ length: count }, (_, index) => ({ name: String(index), type, isOptional: false }));

const isPlain = (said: Schema) => ["number", "integer", "boolean", "string"].includes(String(said.type));

function typeOf(said: Schema | undefined): Input["type"] {
  return said && isPlain(said) ? (said.type as Input["type"]) : "any";
}

function typeOfValue(value: Json): Input["type"] {
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "string")
    return typeof value as Input["type"];
  return "any";
}

/** The table in a request that somebody wrote; null where there is none, or rows differ too much to be one. */
export function formOfExample(said: Json): Form | null {
  if (!isRecord(said)) return null;
  const order = Object.entries(said).sort(([one], [other]) => rank(one) - rank(other));
  for (const [member, held] of order) {
    if (isRecord(held) && Array.isArray(held.columns) && Array.isArray(held.data)) {
      const first = Array.isArray(held.data[0]) ? held.data[0] : [];
      const inputs = held.columns.map((name, index) => ({
        name: String(name),
        type: typeOfValue(first[index]),
        isOptional: false,
      }));
      return { member, shape: "split", inputs };
    }
    if (!Array.isArray(held) || !held.length) continue;
    if (held.every(isRecord)) {
      const names = [...new Set(held.flatMap((row) => Object.keys(row)))];
      const seen = (name: string) =>
        held.map((row) => row[name]).find((value) => value !== undefined && value !== null);
      const inputs = names.map((name) => ({
        name,
        type: typeOfValue(seen(name)),
        isOptional: held.some((row) => !(name in row)),
      }));
      if (names.length && names.every((name) => !isNested(seen(name)))) return { member, shape: "records", inputs };
    } else if (held.every((row) => Array.isArray(row) && row.length === held[0].length && !row.some(isNested)))
      return { member, shape: "rows", inputs: unnamed(held[0].length, typeOfValue(held[0][0])) };
  }
  return null;
}

const isRecord = (value: Json): value is Record<string, Json> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isNested = (value: Json) => typeof value === "object" && value !== null;

/** The rows that the JSON of a request holds, as the cells of a form; null where it is not such a table. */
export function rowsIn(form: Form, json: Json): Cell[][] | null {
  const held = isRecord(json) ? json[form.member] : undefined;
  if (form.shape === "split") {
    if (!isRecord(held) || !Array.isArray(held.columns) || !Array.isArray(held.data)) return null;
    const places = form.inputs.map(({ name }) => (held.columns as Json[]).indexOf(name));
    if (held.columns.length !== form.inputs.length || places.includes(-1)) return null;
    return cells(held.data, (row) => (Array.isArray(row) ? places.map((place) => row[place]) : null));
  }
  if (!Array.isArray(held)) return null;
  if (form.shape === "values") return cells(held, (value) => [value]);
  if (form.shape === "rows")
    return cells(held, (row) => (Array.isArray(row) && row.length === form.inputs.length ? row : null));
  const known = new Set(form.inputs.map(({ name }) => name));
  return cells(held, (row) =>
    isRecord(row) && Object.keys(row).every((name) => known.has(name))
      ? form.inputs.map(({ name }) => row[name])
      : null,
  );
}

function cells(rows: Json[], values: (row: Json) => Json[] | null): Cell[][] | null {
  const found = rows.map(values);
  if (found.some((row) => row === null || row.some(isNested))) return null;
  return (found as Json[][]).map((row) => row.map(shown));
}

const shown = (value: Json): Cell => (value === undefined || value === null ? "" : String(value));

/** The JSON of a request with these rows; what it holds beside them stays. */
export function jsonOf(form: Form, rows: Cell[][], beside: Json = {}): Json {
  const values = rows.map((row) => form.inputs.map((each, index) => typed(each, row[index] ?? "")));
  const held = {
    split: () => ({ columns: form.inputs.map(({ name }) => name), data: values }),
    values: () => values.map(([value]) => value),
    rows: () => values,
    records: () => values.map((row) => recordOf(form, row)),
  }[form.shape]();
  return { ...(isRecord(beside) ? beside : {}), [form.member]: held };
}

function recordOf(form: Form, row: Json[]): Json {
  const entries = form.inputs.map((each, index) => [each, row[index]] as const);
  return Object.fromEntries(
    entries.filter(([each, value]) => !each.isOptional || value !== null).map(([each, value]) => [each.name, value]),
  );
}

/** What a cell says, as the type that is wanted; a text stays one where it is not of that type, so that the model tells. */
export function typed({ type }: Input, said: Cell): Json {
  const text = said.trim();
  if (type === "string") return said;
  if (text === "") return null;
  if (type === "boolean" || type === "any") {
    if (/^(true|false)$/i.test(text)) return text.toLowerCase() === "true";
    if (type === "boolean") return text === "1" ? true : text === "0" ? false : said;
  }
  const number = Number(text);
  return Number.isNaN(number) ? said : number;
}

/** Whether a cell is not of the type that is wanted. */
export function isWrong(input: Input, said: Cell): boolean {
  if (said.trim() === "") return !input.isOptional && input.type !== "string" && input.type !== "any";
  const value = typed(input, said);
  if (input.type === "integer") return !Number.isInteger(value);
  return (input.type === "number" || input.type === "boolean") && typeof value !== input.type;
}

/** A row to begin with. */
export function blank(form: Form): Cell[] {
  return form.inputs.map(({ type }) => ({ number: "0", integer: "0", boolean: "false", string: "", any: "" })[type]);
}
