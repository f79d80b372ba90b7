import { expect, test } from "vitest";
import { parse } from "yaml";
import { bodyOf, commandOf, quoted, type Settings, templateOf, wrongName, yamlOf } from "@/pages/workspaces/template";

const SETTINGS: Settings = {
  subscription: "s",
  group: "rg",
  name: "churn",
  displayName: "Who's leaving?",
  description: "",
  location: "local",
  publicNetworkAccess: "Enabled",
  hbi: true,
  tags: [
    ["team", "sales"],
    ["", "forgotten"],
  ],
};

test("the command, the YAML and the body say the same", () => {
  expect(commandOf(SETTINGS).replaceAll(" \\\n ", "")).toBe(
    `lazuli workspace create -n churn -g rg --display-name 'Who'\\''s leaving?' --tags team=sales --set hbi_workspace=true`,
  );
  const { name, location, display_name, hbi_workspace, tags } = parse(yamlOf(SETTINGS));
  expect([name, location, display_name, hbi_workspace, tags]).toEqual([
    "churn",
    "local",
    "Who's leaving?",
    true,
    { team: "sales" },
  ]);
  expect(bodyOf(SETTINGS)).toEqual({
    location: "local",
    tags: { team: "sales" },
    properties: { friendlyName: "Who's leaving?", hbiWorkspace: true, publicNetworkAccess: "Enabled" },
  });
});

test("the template needs what it makes", () => {
  const template = templateOf(SETTINGS);
  const workspace = template.resources.at(-1) as { dependsOn: string[]; properties: Record<string, unknown> };
  const made = template.resources.slice(0, -1).map((each) => `[resourceId('${each.type}', ${each.name.slice(1, -1)})]`);
  expect(workspace.dependsOn).toEqual(made);
  expect(workspace.properties.hbiWorkspace).toBe(true);
});

test("a name is checked as the server checks it", () => {
  expect([wrongName("", "workspace"), wrongName("a b", "workspace"), wrongName("-a", "group")]).toEqual([
    "missing",
    "letters",
    "letters",
  ]);
  expect([wrongName("a".repeat(34), "workspace"), wrongName("a".repeat(34), "group")]).toEqual(["long", ""]);
});

test("words survive a shell", () => {
  expect([quoted("a-b.c"), quoted("a b"), quoted("$(x)"), quoted("it's")]).toEqual([
    "a-b.c",
    "'a b'",
    "'$(x)'",
    "'it'\\''s'",
  ]);
});
