import { expect, test } from "vitest";
import { found, isListed, ordered } from "@/pages/assets/list";
import { below, crumbsOf, folderOf, isName, nameFrom, storedIn, uriOf } from "@/pages/assets/paths";
import { dateOf, percent, saidOf } from "@/pages/data/profile";
import { placeOf } from "@/pages/data/send";
import { snippetsOf } from "@/pages/data/snippets";
import { documentOf, missingIn } from "@/pages/datastores/form";
import { differencesOf } from "@/pages/models/compare";
import { countsOf, flatOf, formsOf, type Summary, shapeOf } from "@/pages/models/summary";

test("an address of a datastore is told from others, long and short", () => {
  expect(storedIn("azureml://datastores/blob/paths/a/b.csv")).toEqual({ store: "blob", path: "a/b.csv" });
  const long = "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/blob/paths/a/";
  expect(storedIn(long)).toEqual({ store: "blob", path: "a" });
  expect(storedIn("https://example.com/datastores/blob/paths/a")).toBeNull();
  expect(storedIn(uriOf({ store: "x", path: "y/z" }))).toEqual({ store: "x", path: "y/z" });
});

test("paths lead down and back up", () => {
  expect(below("", "a")).toBe("a");
  expect(below("a/b/", "c")).toBe("a/b/c");
  expect(folderOf("a/b/c.csv")).toBe("a/b");
  expect(crumbsOf("a/b").map(({ path }) => path)).toEqual(["a", "a/b"]);
});

test("a name is made of a file's", () => {
  expect(nameFrom("flowers in may.csv")).toBe("flowers-in-may");
  expect(isName(nameFrom("(1) x.parquet"))).toBe(true);
  expect(isName("-x")).toBe(false);
});

test("names are found by all words, and ordered by number as well", () => {
  const names = ["run-10", "run-2", "flower"].map((name) => ({ name, properties: {} }));
  expect(found(names, "RUN 2").map(({ name }) => name)).toEqual(["run-2"]);
  expect(ordered(names, { key: "name", descending: false }).map(({ name }) => name)).toEqual([
    "flower",
    "run-2",
    "run-10",
  ]);
  expect(isListed({ name: "CliV2AnonymousEnvironment", properties: {} })).toBe(false);
});

test("shares are said so that little is not nothing", () => {
  expect(percent(0, 500)).toBe("0 %");
  expect(percent(1, 50_000)).toBe("< 0.1 %");
  expect(percent(13, 500)).toBe("2.6 %");
  expect(percent(250, 500)).toBe("50 %");
  expect(saidOf("NaN", "en")).toBe("NaN");
});

test("blobs of this server lie below its own address", () => {
  const store = {
    accountName: "127.0.0.1:8000/lazuli",
    containerName: "c",
    endpoint: "core.lazuli.local",
    protocol: "http",
  };
  expect(placeOf(store)).toBe("/lazuli.blob.core.lazuli.local/c");
});

test("how it is consumed depends on its type", () => {
  const of = (type: string) =>
    snippetsOf({ name: "d", version: "3", type })
      .map(({ text }) => text)
      .join("\n");
  expect(of("uri_file")).toContain("azureml:d:3");
  expect(of("mltable")).toContain("mltable.load");
  expect(of("uri_folder")).toContain("rglob");
});

test("a datastore's secrets stand apart, and what is missing keeps it from being made", () => {
  const said = { accountName: "a", containerName: "c", key: "hush", bucketName: "typed before" };
  expect(documentOf("AzureBlob", "AccountKey", said)).toEqual({
    datastoreType: "AzureBlob",
    accountName: "a",
    containerName: "c",
    credentials: { credentialsType: "AccountKey", secrets: { key: "hush" } },
  });
  expect(documentOf("Local", "", { path: "/data" }).credentials).toEqual({ credentialsType: "None" });
  expect(missingIn("AzureBlob", "AccountKey", said)).toBe(false);
  expect(missingIn("AzureBlob", "Sas", said)).toBe(true);
  expect(missingIn("S3", "", {})).toBe(true);
});

test("what an ONNX model is made of reads well", () => {
  expect(shapeOf([null, 3])).toBe("? × 3");
  expect(shapeOf([])).toBe("1");
  expect(shapeOf(null)).toBe("–");
  expect(countsOf({ Add: 1, MatMul: 4 })).toEqual([
    { name: "MatMul", count: 4, share: 1 },
    { name: "Add", count: 1, share: 0.25 },
  ]);
  expect(flatOf({ name: "m", measured: { speed: 2 }, none: null, list: [1] })).toEqual({ name: "m", speed: "2" });
});

test("each form of an ONNX model is told what it is best at, beside the model itself", () => {
  const measured = (variant: string, size: number, latency: string, difference: string) => ({
    name: `m-${variant}`,
    version: "1",
    measured: { variant, size: String(size), latency_ms: latency, parent_latency_ms: "2", max_difference: difference },
  });
  const onnx = [{ path: "model.onnx", size: 900, problem: null }];
  const summary = (variants: Summary["variants"]): Summary =>
    ({ onnx, variants, files: [], size: 900, isCut: false, mlflow: null, variantOf: null, measured: {} }) as Summary;
  const best = (variants: Summary["variants"]) =>
    Object.fromEntries(formsOf(summary(variants), "m", "3").map((form) => [form.variant || form.name, form.best]));
  const graph = measured("graph", 800, "1.5", "0");
  const int8 = measured("int8", 300, "2.5", "0.01");
  expect(best([graph, int8])).toEqual({ m: [], graph: ["fastest", "most exact"], int8: ["smallest"] });
  expect(best([int8])).toEqual({ m: ["fastest"], int8: ["smallest"] });
  expect(best([graph, measured("float16", 800, "1.5", "0")])).toEqual({ m: [], graph: [], float16: [] });
  expect(best([measured("graph", 800, "1.95", "0")])).toEqual({ m: [], graph: ["smallest"] });
  expect(best([{ name: "m-odd", version: "1", measured: { variant: "odd", size: "NaN" } }])).toEqual({
    m: [],
    odd: [],
  });
});

test("only what differs between two versions is told", () => {
  const made = (name: string, stage: string) => ({ id: name, name, properties: { stage, modelType: "custom_model" } });
  expect(differencesOf([made("1", "None"), { auc: 0.9 }], [made("2", "Production"), { auc: 0.9, loss: 1 }])).toEqual([
    { fact: "stage", one: "None", other: "Production" },
    { fact: "loss", one: undefined, other: 1 },
  ]);
});

test("times of a profile are days, moments and spans", () => {
  expect(dateOf(1_777_593_600)).toBe("2026-05-01");
  expect(dateOf(1_777_593_660)).toBe("2026-05-01 00:01");
  expect(dateOf(694_440, true)).toBe("8 d 0 h");
});
