/** Everything a page says is said in Chinese as well. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const SOURCE = "src";
const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" });
const SAID = /\bt\(\s*"((?:[^"\\]|\\.)+)"/g;

const spoken = Object.assign(
  {},
  ...files
    .filter((file) => file.endsWith("zh.json"))
    .map((file) => JSON.parse(readFileSync(join(SOURCE, file), "utf8"))),
) as Record<string, string>;

const said = files
  .filter((file) => /\.tsx?$/.test(file) && !file.endsWith(".gen.ts"))
  .flatMap((file) =>
    [...readFileSync(join(SOURCE, file), "utf8").matchAll(SAID)].map(([, text]) => [file, text ?? ""]),
  );

test("every text has its Chinese", () => {
  expect(said.length).toBeGreaterThan(20);
  expect(said.filter(([, text]) => !(text && JSON.parse(`"${text}"`) in spoken))).toEqual([]);
});

test("a text keeps its gaps", () => {
  const gaps = (text: string) => [...text.matchAll(/{{\w+}}/g)].map(([gap]) => gap).sort();
  for (const [english, chinese] of Object.entries(spoken)) expect(gaps(chinese), english).toEqual(gaps(english));
});
