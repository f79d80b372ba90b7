/** Endpoints: traffic that adds up, requests as tables, what was counted, programs that ask. */
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { parse as yaml } from "yaml";
import { askingOf, formOfExample, isWrong, jsonOf, rowsIn } from "@/pages/endpoints/asking";
import { batchDeploymentRest, batchYaml } from "@/pages/endpoints/batches";
import {
  commands,
  deploymentRest,
  deploymentYaml,
  type OnlineChoice,
  RUNNING,
  runningOf,
  runningPatch,
  runningRest,
  seconds,
  wrongName,
} from "@/pages/endpoints/documents";
import { givenOf, invokeCommand, invokeRest } from "@/pages/endpoints/giving";
import { likelyScript, needsOf } from "@/pages/endpoints/pickers";
import { countedIn, parse, quantile } from "@/pages/endpoints/prometheus";
import { sameShares, spread, sum, withShare, written } from "@/pages/endpoints/shares";
import { LANGUAGES, quoted, snippet } from "@/pages/endpoints/snippets";
import { deploymentsIn, pointsOf, sketch } from "@/pages/endpoints/spans";

test("shares add up to 100 whatever one is set to", () => {
  for (const shares of [
    { a: 100, b: 0, c: 0 },
    { a: 33, b: 33, c: 34 },
    { a: 0, b: 0, c: 0 },
    { a: 90, b: 10, c: 0 },
  ])
    for (let value = -5; value <= 110; value++) {
      const next = withShare(shares, "a", value);
      expect(sum(next)).toBe(100);
      expect(Object.values(next).every((share) => share >= 0 && Number.isInteger(share))).toBe(true);
      expect(next.a).toBe(Math.max(0, Math.min(100, value)));
    }
});

test("the rest is spread in proportion, and what is held stays", () => {
  expect(withShare({ a: 50, b: 30, c: 20 }, "a", 0)).toEqual({ a: 0, b: 60, c: 40 });
  expect(withShare({ a: 50, b: 30, c: 20 }, "a", 90, new Set(["b"]))).toEqual({ a: 70, b: 30, c: 0 });
  expect(withShare({ a: 70, b: 30 }, "a", 10, new Set(["b"]))).toEqual({ a: 70, b: 30 });
  expect([withShare({ a: 0 }, "a", 60), withShare({ a: 100 }, "a", 10)]).toEqual([{ a: 100 }, { a: 0 }]);
  expect(spread(100, { a: 1, b: 1, c: 1 })).toEqual({ a: 34, b: 33, c: 33 });
  expect(sameShares({ a: 100 }, { a: 100, b: 0 })).toBe(true);
  expect(written({ blue: 90, green: 10 })).toBe("blue=90 green=10");
});

const onnx = (schema: object) => ({ components: { schemas: { ServiceInput: schema } } });

test("rows of numbers become a table and come back", () => {
  const items = { type: "array", items: { type: "number" }, minItems: 2, maxItems: 2 };
  const asking = askingOf(
    onnx({
      type: "object",
      properties: { input_data: { type: "array", items } },
      example: { input_data: [[0, 0]] },
    }),
  );
  expect(asking.form).toMatchObject({ member: "input_data", shape: "rows" });
  const form = asking.form as NonNullable<typeof asking.form>;
  expect(rowsIn(form, asking.example)).toEqual([["0", "0"]]);
  expect(jsonOf(form, [["1.5", "-2"]], { params: { x: 1 } })).toEqual({ params: { x: 1 }, input_data: [[1.5, -2]] });
  expect(rowsIn(form, { input_data: [[1, 2, 3]] })).toBeNull();
});

test("records keep their types, and leave out what is optional", () => {
  const row = {
    type: "object",
    required: ["age", "name"],
    properties: { age: { type: "integer" }, name: { type: "string" }, smokes: { type: "boolean" } },
  };
  const { form, example } = askingOf(onnx({ properties: { input_data: { type: "array", items: row } } }));
  if (!form) throw new Error("a form");
  expect(example).toEqual({ input_data: [{ age: 0, name: "", smokes: false }] });
  expect(jsonOf(form, [["41", "7", ""]])).toEqual({ input_data: [{ age: 41, name: "7" }] });
  expect(form.inputs.map((each, index) => isWrong(each, ["4.5", "", "maybe"][index] ?? ""))).toEqual([
    true,
    false,
    true,
  ]);
  expect(rowsIn(form, { input_data: [{ age: 1, name: "x", other: 2 }] })).toBeNull();
});

test("a request that somebody wrote is a table where it can be", () => {
  const said = { data: [{ bmi: 0.06, bp: 0.02 }, { bmi: -0.05 }] };
  const form = formOfExample(said);
  if (!form) throw new Error("a form");
  expect(form.inputs.map(({ name, isOptional }) => [name, isOptional])).toEqual([
    ["bmi", false],
    ["bp", true],
  ]);
  expect(jsonOf(form, rowsIn(form, said) ?? [])).toEqual(said);
  const split = { input_data: { columns: ["a", "b"], data: [[1, "x"]] } };
  const columns = formOfExample(split);
  if (!columns) throw new Error("a form");
  expect(jsonOf(columns, rowsIn(columns, split) ?? [])).toEqual(split);
  expect([
    formOfExample({}),
    formOfExample({ image: "abc" }),
    formOfExample([1]),
    formOfExample({ data: [[[1]]] }),
  ]).toEqual([null, null, null, null]);
});

const TEXT = `# TYPE lazuli_endpoint_requests_total counter
lazuli_endpoint_requests_total{endpoint="e",deployment="blue",status="200"} 90
lazuli_endpoint_requests_total{endpoint="e",deployment="blue",status="424"} 10
lazuli_endpoint_request_seconds_bucket{endpoint="e",deployment="blue",le="0.1"} 50
lazuli_endpoint_request_seconds_bucket{endpoint="e",deployment="blue",le="0.2"} 100
lazuli_endpoint_request_seconds_bucket{endpoint="e",deployment="blue",le="+Inf"} 100
lazuli_endpoint_request_seconds_sum{endpoint="e",deployment="blue"} 12.5
lazuli_endpoint_waiting{endpoint="e",deployment="blue"} 3
odd{quote="a\\"b\\\\c\\nd"} +Inf 1700000000
`;

test("what Prometheus reads is read", () => {
  const [blue] = countedIn(TEXT);
  expect(blue).toMatchObject({ deployment: "blue", requests: 100, failed: 10, seconds: 12.5, now: { waiting: 3 } });
  expect(parse(TEXT).at(-1)).toEqual({ name: "odd", labels: { quote: 'a"b\\c\nd' }, value: Number.POSITIVE_INFINITY });
  const buckets = parse(TEXT).filter(({ labels }) => labels.le);
  expect(quantile(0.5, buckets)).toBeCloseTo(0.1);
  expect(quantile(0.75, buckets)).toBeCloseTo(0.15);
  expect(quantile(0.5, buckets, buckets)).toBeNull();
});

test("spans become lines without holes in rates, and with holes in times", () => {
  const span = { at: 10_000, deployment: "b", count: 20, failed: 5, mirrored: 0, p50: 1, p95: 2, p99: 3 };
  const said = { step: 10_000, isCut: false, spans: [span, { ...span, deployment: "" }, { ...span, deployment: "a" }] };
  expect(deploymentsIn(said)).toEqual(["a", "b", ""]);
  const points = (measure: "rate" | "p95") => pointsOf(said, "b", measure, 0, 30_000);
  expect(points("rate")).toEqual([
    [0, 0],
    [10_000, 2],
    [20_000, 0],
  ]);
  expect(points("p95").map(([, value]) => value)).toEqual([null, 2, null]);
  expect(sketch(said, 0, 40_000, 4)).toEqual([0, 60, 0, 0]);
});

const HARD = '{\n  "data": ["it\'s", "a \\"quoted\\" $HOME `x` \\\\n", "变量"]\n}';
const ASK = { url: "http://127.0.0.1:9/score?a=1&b='2'", body: HARD, key: "k'ey", deployment: "blue" };

test("a shell reads the words that were meant", () => {
  const echoed = execFileSync("sh", ["-c", `printf %s ${quoted(HARD)}`], { encoding: "utf8" });
  expect(echoed).toBe(HARD);
  const args = execFileSync(
    "sh",
    ["-c", `curl() { for each; do printf '%s\\0' "$each"; done; }\n${snippet("curl", ASK)}`],
    {
      encoding: "utf8",
    },
  ).split("\0");
  expect(args).toEqual(
    expect.arrayContaining([ASK.url, HARD, "Authorization: Bearer k'ey", "azureml-model-deployment: blue"]),
  );
});

test("Python and JavaScript say the same request", async () => {
  const python = snippet("Python", ASK).replace("import urllib.request", "").split("request = ")[0];
  const said = execFileSync("python3", ["-c", `${python}\nprint(json.dumps([URL, data, headers]))`], {
    encoding: "utf8",
  });
  expect(JSON.parse(said)).toEqual([
    ASK.url,
    JSON.parse(HARD),
    {
      Authorization: "Bearer k'ey",
      "Content-Type": "application/json",
      "azureml-model-deployment": "blue",
    },
  ]);
  const sent: unknown[] = [];
  const program = snippet("JavaScript", ASK).replace("await fetch", "await asked");
  const run = new Function("asked", "console", `return (async () => { ${program} })()`);
  await run(
    async (...said: unknown[]) => {
      sent.push(...said);
      return new Response("[]");
    },
    { log: () => {} },
  );
  expect([sent[0], JSON.parse((sent[1] as { body: string }).body)]).toEqual([ASK.url, JSON.parse(HARD)]);
});

test("no program holds a key that was not asked for", () => {
  for (const language of LANGUAGES) expect(snippet(language, { url: "http://x", body: "{}" })).toContain("YOUR-KEY");
  expect(snippet("C#", ASK)).toContain('var body = @"{\n  ""data"": [""it\'s"", ""a \\""quoted\\""');
});

const CHOICE: OnlineChoice = {
  endpoint: "iris",
  isNew: true,
  authMode: "key",
  description: "",
  model: "iris:3",
  deployment: "blue",
  scripted: null,
  running: RUNNING,
  variables: [],
  share: 100,
};

test("what was chosen is said as YAML, as REST and as commands", () => {
  expect(yaml(deploymentYaml(CHOICE))).toEqual({
    $schema: expect.any(String),
    name: "blue",
    endpoint_name: "iris",
    model: "azureml:iris:3",
    instance_count: 1,
  });
  const scripted = { environment: "sk:1", script: "score.py", code: "/code/1", folder: "src" };
  const running = { ...RUNNING, scales: true, most: 4, timeoutMs: 60_000, collects: ["model_inputs"], sampling: 0.5 };
  const whole = { ...CHOICE, scripted, running, variables: [["A", "b"]] as [string, string][] };
  expect(yaml(deploymentYaml(whole))).toMatchObject({
    code_configuration: { code: "./src", scoring_script: "score.py" },
    scale_settings: { max_instances: 4 },
    request_settings: { request_timeout_ms: 60_000 },
    data_collector: { sampling_rate: 0.5 },
    environment_variables: { A: "b" },
  });
  expect(deploymentRest(whole, "/w").properties).toMatchObject({
    model: "/w/models/iris/versions/3",
    environmentId: "/w/environments/sk/versions/1",
    requestSettings: { requestTimeout: "PT60S", maxQueueWait: "PT0.5S" },
  });
  expect(commands(CHOICE, { blue: 100 })).toContain("--all-traffic");
  expect(commands({ ...CHOICE, isNew: false }, { blue: 10, green: 90 })).toBe(
    'lazuli online-deployment create -f blue.yml\nlazuli online-endpoint update -n iris --traffic "blue=10 green=90"',
  );
});

test("how a deployment runs is read as it was written", () => {
  const running = { ...RUNNING, instances: 3, atOnce: 4, liveness: { delay: 5, period: 6, timeout: 7, failures: 8 } };
  const { sku, properties } = runningRest(running);
  const told = runningOf({ id: "", name: "blue", sku, properties });
  expect(told).toEqual(running);
  expect([seconds("PT1M30S", 0), seconds("P1DT0.5S", 0), seconds(undefined, 7)]).toEqual([90, 86_400.5, 7]);
});

test("an update says only what changes, and what is kept no longer", () => {
  const kept = { ...RUNNING, collects: ["request", "response"] };
  expect(runningPatch(RUNNING, RUNNING)).toEqual({ properties: {} });
  expect(runningPatch(RUNNING, { ...RUNNING, instances: 2 })).toEqual({
    sku: { name: "Default", capacity: 2 },
    properties: { instanceCount: 2 },
  });
  expect(runningPatch(kept, { ...kept, collects: [] }).properties).toEqual({ dataCollector: null });
  expect(runningPatch(kept, { ...kept, collects: ["request"] }).properties).toEqual({
    dataCollector: {
      samplingRate: 1,
      collections: { request: { dataCollectionMode: "Enabled" }, response: null },
    },
  });
});

test("names are judged as the server judges them", () => {
  const judged = ["", "ab", "abc", "Ab-1", "1bc", "abc-", "a b c", "x".repeat(33), "IRIS"].map((each) =>
    wrongName(each, ["iris"]),
  );
  expect(judged).toEqual([null, "short", null, null, "form", "form", "form", "form", "taken"]);
});

test("models tell whether they need a script", () => {
  expect([
    needsOf("mlflow_model", "azureml://x"),
    needsOf("mlflow_model", "azureml://x", ["MLmodel", "conda.yaml"]),
    needsOf("mlflow_model", "azureml://x", ["MLmodel"]),
    needsOf("custom_model", "azureml://x/m.onnx"),
    needsOf("custom_model", "azureml://x/m.pkl"),
    needsOf(undefined, undefined),
  ]).toEqual(["nothing", "nothing", "environment", "nothing", "script", "unknown"]);
});

test("a pipeline is given what it needs", () => {
  const inputs = {
    texts: { type: "uri_folder" },
    word: { type: "string", default: "the" },
    strict: { type: "boolean", default: false },
    more: { type: "uri_file", optional: true },
  };
  expect(givenOf(inputs)).toEqual([
    { name: "texts", kind: "UriFolder", value: "" },
    { name: "word", kind: "literal", value: "the" },
    { name: "strict", kind: "literal", value: "false" },
  ]);
});

test("a batch is asked in both tongues", () => {
  const once = { miniBatch: "2", nodes: "", file: "" };
  const given = [{ name: "input", kind: "UriFolder" as const, value: "azureml:texts:1" }];
  expect(invokeRest(given, once)).toEqual({
    properties: { inputData: { input: { jobInputType: "UriFolder", uri: "azureml:texts:1" } }, miniBatchSize: 2 },
  });
  expect(invokeCommand("e", "d", given, once)).toBe(
    "lazuli batch-endpoint invoke -n e -d d --input azureml:texts:1 --mini-batch-size 2",
  );
  const choice = {
    endpoint: "e",
    deployment: "d",
    model: "m:1",
    environment: "x:1",
    script: "score.py",
    folder: "",
    miniBatch: 5,
    atOnce: 2,
    nodes: 1,
    rows: false,
    file: "predictions.csv",
    isDefault: true,
  };
  expect(yaml(batchYaml(choice))).toMatchObject({ model: "azureml:m:1", settings: { output_action: "summary_only" } });
  expect(batchDeploymentRest(choice, "/w", "/code").properties).not.toHaveProperty("outputFileName");
});

test("the script that answers is found by its name", () => {
  expect(likelyScript([{ path: "a.py" }, { path: "src/score.py" }])).toBe("src/score.py");
});
