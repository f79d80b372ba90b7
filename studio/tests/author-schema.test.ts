import { expect, test } from "vitest";
import { completions, hoverAt, NO_NAMES, placeAt } from "@/pages/author/complete";
import { faultsOf, type Schema, schemaAt, wordsOf } from "@/pages/author/schema";

const REF = (name: string): Schema => ({ $ref: `#/$defs/${name}` });
const SCHEMA: Schema = {
  properties: { type: { enum: ["command", "pipeline"], description: "The kind." } },
  if: { properties: { type: { const: "pipeline" } } },
  // biome-ignore lint/suspicious/noThenProperty: the word of JSON Schema
  then: REF("Pipeline"),
  else: REF("Command"),
  $defs: {
    Command: {
      type: "object",
      additionalProperties: false,
      required: ["command"],
      properties: {
        $schema: { type: "string" },
        type: { enum: ["command"] },
        status: { type: "string", readOnly: true },
        command: { type: "string", description: "What runs." },
        compute: { anyOf: [{ type: "string" }, { type: "null" }], default: null },
        environment: { anyOf: [{ oneOf: [{ type: "string" }, REF("Environment")] }, { type: "null" }] },
        inputs: { type: "object", additionalProperties: REF("Input") },
        limits: { anyOf: [REF("Limits"), { type: "null" }], description: "When it is stopped." },
        keys: { type: "array", items: { type: "string" } },
      },
    },
    Environment: { type: "object", additionalProperties: false, properties: { image: { type: "string" } } },
    Input: {
      anyOf: [
        {
          type: "object",
          additionalProperties: false,
          properties: { type: { enum: ["uri_file", "mlflow_model"], type: "string" }, path: { type: "string" } },
        },
        { type: ["string", "number", "boolean"] },
      ],
    },
    Limits: {
      type: "object",
      additionalProperties: false,
      properties: {
        timeout: { anyOf: [{ type: "integer", minimum: 1 }, { type: "null" }], description: "Seconds.", default: null },
      },
    },
    Pipeline: {
      type: "object",
      additionalProperties: false,
      properties: {
        type: { enum: ["pipeline"] },
        inputs: { type: "object", additionalProperties: REF("Input") },
        jobs: { type: "object", additionalProperties: { oneOf: [REF("Step"), REF("Sweep")] } },
      },
    },
    Step: {
      type: "object",
      additionalProperties: false,
      properties: {
        type: { enum: ["command"], default: "command" },
        component: { type: "string" },
        command: { type: "string" },
        inputs: { type: "object" },
        outputs: { type: "object" },
      },
    },
    Sweep: {
      type: "object",
      additionalProperties: false,
      required: ["trial"],
      properties: { type: { enum: ["sweep"] }, trial: { type: "string" } },
    },
  },
};

const labels = (text: string, line: number, column: number, names = NO_NAMES) =>
  completions(SCHEMA, names, text, line, column).map(({ label }) => label);

test("the schema of a place depends on what the file says", () => {
  expect(schemaAt(SCHEMA, {}, ["command"])?.description).toBe("What runs.");
  expect(schemaAt(SCHEMA, { type: "pipeline" }, ["command"])).toBeUndefined();
  const steps = { type: "pipeline", jobs: { a: { type: "sweep" }, b: {} } };
  expect(Object.keys(schemaAt(SCHEMA, steps, ["jobs", "a"])?.properties ?? {})).toContain("trial");
  expect(Object.keys(schemaAt(SCHEMA, steps, ["jobs", "b"])?.properties ?? {})).toContain("component");
  expect(schemaAt(SCHEMA, { limits: { timeout: 5 } }, ["limits", "timeout"])).toMatchObject({
    type: "integer",
    description: "Seconds.",
  });
  expect(schemaAt(SCHEMA, { limits: {} }, ["limits"])?.description).toBe("When it is stopped.");
  expect(wordsOf(schemaAt(SCHEMA, { inputs: { a: { path: "x" } } }, ["inputs", "a", "type"]), SCHEMA)).toEqual([
    "uri_file",
    "mlflow_model",
  ]);
});

test("what is plainly wrong is found, and nothing else", () => {
  const right = {
    command: "x",
    inputs: { lr: 0.1, data: { type: "uri_file", path: "azureml:a@latest" } },
    environment: { image: "x" },
  };
  expect(faultsOf(SCHEMA, right)).toEqual([]);
  const kinds = (data: unknown) => faultsOf(SCHEMA, data).map(({ path, kind }) => [path.join("."), kind]);
  expect(kinds({ comand: "x" })).toEqual([
    ["", "missing"],
    ["comand", "unknown"],
  ]);
  expect(kinds({ command: "x", inputs: { a: { type: "uri_fil" } } })).toEqual([["inputs.a.type", "word"]]);
  expect(kinds({ command: "x", inputs: { a: { type: "UriFile" } } })).toEqual([]);
  expect(kinds({ command: "x", limits: { timeout: "soon" } })).toEqual([["limits.timeout", "type"]]);
  expect(kinds({ command: "x", limits: { timeout: 0 } })).toEqual([["limits.timeout", "range"]]);
  expect(kinds({ type: "pipeline", jobs: { a: { type: "sweep" } } })).toEqual([["jobs.a", "missing"]]);
  expect(kinds({ command: "x", limits: { timeout: "${{parent.inputs.t}}" } })).toEqual([]);
});

test("where a position is, is told from indentation", () => {
  const text = "type: command\ninputs:\n  data:\n    type: uri_file\n    pa\nkeys:\n- one\n- two: 1\n  three: \n";
  expect(placeAt(text, 5, 7)).toEqual({ path: ["inputs", "data"], key: null, written: "pa", from: 5 });
  expect(placeAt(text, 4, 15)).toMatchObject({ path: ["inputs", "data"], key: "type", written: "uri_" });
  expect(placeAt(text, 1, 1)).toMatchObject({ path: [], key: null });
  expect(placeAt(text, 9, 10)).toMatchObject({ path: ["keys", 1], key: "three" });
});

test("keys that are not said yet are offered, and open what lies below them", () => {
  const found = completions(SCHEMA, NO_NAMES, "type: command\nli", 2, 3);
  expect(found.map(({ label }) => label)).toEqual(
    ["command", "$schema", "compute", "environment", "inputs", "limits", "keys"].filter((each) => each !== "$schema"),
  );
  expect(found[0]).toMatchObject({ label: "command", first: true, insert: "command: ", from: 1 });
  expect(found.find(({ label }) => label === "limits")?.insert).toBe("limits:\n  ");
  expect(found.find(({ label }) => label === "keys")?.insert).toBe("keys:\n  - ");
  expect(labels("limits:\n  ", 2, 3)).toEqual(["timeout"]);
});

test("words and names are offered for values", () => {
  const names = { ...NO_NAMES, computes: ["cpu"], environments: ["sk"], data: ["iris"], models: ["net"] };
  expect(labels("type: ", 1, 7)).toEqual(["command", "pipeline"]);
  expect(labels("inputs:\n  a:\n    type: m\n", 3, 12)).toEqual(["uri_file", "mlflow_model"]);
  expect(labels("compute: ", 1, 10, names)).toEqual(["azureml:cpu"]);
  expect(labels("environment: azureml:s", 1, 23, names)).toEqual(["azureml:sk@latest"]);
  expect(labels("inputs:\n  a:\n    type: mlflow_model\n    path: \n", 4, 11, names)).toEqual(["azureml:net@latest"]);
  expect(labels("inputs:\n  a:\n    path: \n", 3, 11, names)).toEqual(["azureml:iris@latest", "azureml:net@latest"]);
});

test("bindings are offered where one begins", () => {
  const command = "command: python a.py ${{in\ninputs:\n  lr: 1\n";
  const [found] = completions(SCHEMA, NO_NAMES, command, 1, 27);
  expect(found).toMatchObject({ label: "inputs.lr", insert: "inputs.lr}}", from: 25 });
  const folded = "command: >-\n  python a.py\n  --lr ${{in\ninputs:\n  lr: 1\n";
  expect(labels(folded, 3, 13)).toEqual(["inputs.lr"]);
  const steps =
    "type: pipeline\ninputs:\n  seed: 1\njobs:\n  a:\n    outputs:\n      o:\n  b:\n    inputs:\n      x: ${{\n";
  expect(labels(steps, 10, 13)).toEqual(["parent.inputs.seed", "parent.jobs.a.outputs.o"]);
});

test("a key is explained where the mouse rests on it", () => {
  expect(hoverAt(SCHEMA, "command: echo\nlimits:\n  timeout: 5\n", 3, 5)).toContain("Seconds.");
  expect(hoverAt(SCHEMA, "command: echo\n", 1, 12)).toBeNull();
});
