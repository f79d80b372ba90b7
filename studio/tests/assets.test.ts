import { expect, test } from "vitest";
import { found, isListed, ordered } from "@/pages/assets/list";
import { below, crumbsOf, folderOf, isName, nameFrom, storedIn, uriOf } from "@/pages/assets/paths";
import { percent, saidOf } from "@/pages/data/profile";
import { placeOf } from "@/pages/data/send";
import { snippetsOf } from "@/pages/data/snippets";

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
