// Writes src/api/*.gen.ts from the server's own description, so that page and server cannot disagree unnoticed.
// Addresses inside a workspace are said without the workspace: `/jobs/{name}`.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const WORKSPACE =
  "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.MachineLearningServices/workspaces/{workspace}";
const OTHER_DIALECTS = /^\/(mlflow|mferp|history|data\/v1|modelregistry|pipelines|lazuli\.blob|latest|schemas\/)/;
const OF_THE_WORKSPACE = new Set(["subscription", "group", "workspace"]);

const source = new URL("../docs/reference/openapi.json", import.meta.url);
const document = JSON.parse(await readFile(source, "utf8"));
const inside = {};
const outside = {};
for (const [path, item] of Object.entries(document.paths)) {
  if (path.startsWith(`${WORKSPACE}/`)) inside[path.slice(WORKSPACE.length)] = withoutWorkspace(item);
  else if (!OTHER_DIALECTS.test(path) && !path.includes("/registries/{registry}/")) outside[path] = item;
}
await write("workspace", inside);
await write("server", outside);

function withoutWorkspace(item) {
  const kept = (parameters) => parameters?.filter((each) => !OF_THE_WORKSPACE.has(each.name));
  const entries = Object.entries(item).map(([verb, said]) =>
    verb === "parameters"
      ? [verb, kept(said)]
      : [verb, { ...said, ...(said.parameters && { parameters: kept(said.parameters) }) }],
  );
  return Object.fromEntries(entries);
}

async function write(name, paths) {
  const text = astToString(await openapiTS({ ...document, paths }));
  const target = new URL(`./src/api/${name}.gen.ts`, import.meta.url);
  if ((await readFile(target, "utf8").catch(() => "")) !== text) await writeFile(target, text);
}
