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

test("a text is said one way, whichever page is loaded last", () => {
  const heard = new Map<string, string>();
  for (const file of files.filter((each) => each.endsWith("zh.json")))
    for (const [english, chinese] of Object.entries<string>(JSON.parse(readFileSync(join(SOURCE, file), "utf8")))) {
      expect(chinese, `${english} in ${file}`).toBe(heard.get(english) ?? chinese);
      heard.set(english, chinese);
    }
});

test("a text keeps its gaps", () => {
  const gaps = (text: string) => [...text.matchAll(/{{\w+}}/g)].map(([gap]) => gap).sort();
  for (const [english, chinese] of Object.entries(spoken)) expect(gaps(chinese), english).toEqual(gaps(english));
});

test("the hints of the forms of jobs are said in Chinese, and none is kept that no form has", () => {
  const schemas = JSON.parse(readFileSync("../docs/reference/openapi.json", "utf8")).components.schemas;
  const plain = (text: string) => text.replaceAll("`", "");
  const all = [...JSON.stringify(schemas).matchAll(/"description":"((?:[^"\\]|\\.)*)"/g)];
  const told = new Set(all.map(([, text]) => plain(JSON.parse(`"${text}"`))));
  told.add("The kind: command, sweep, pipeline, automl. command when left out."); // only files can leave it out
  const hints = JSON.parse(readFileSync(join(SOURCE, "pages/author/hints/zh.json"), "utf8"));
  expect(Object.keys(hints).filter((hint) => !told.has(hint))).toEqual([]);
  const shown = ["CommandJob", "SweepJob"].flatMap((name) =>
    Object.values(schemas[name].properties as Record<string, { description?: string; readOnly?: boolean }>).flatMap(
      ({ description, readOnly }) => (description && !readOnly ? [plain(description)] : []),
    ),
  );
  expect(shown.length).toBeGreaterThan(20);
  expect(shown.filter((hint) => !(hint in hints))).toEqual([]);
});
