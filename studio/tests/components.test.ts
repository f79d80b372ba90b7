import { expect, test } from "vitest";
import { parse } from "yaml";
import { type ComponentResource, fileOf, pipelineOf, stepOf } from "@/pages/components/component";

const place = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w";
const RESOURCE: ComponentResource = {
  id: `${place}/components/count/versions/2`,
  name: "2",
  properties: {
    componentSpec: {
      name: "count",
      version: "2",
      type: "command",
      inputs: {
        table: { type: "uri_file", optional: false },
        skip: { type: "integer", default: "1" },
        most: { type: "number", min: 3 },
        word: { type: "string", optional: true },
      },
      outputs: { counted: { type: "uri_folder" } },
      environment: `azureml:${place}/environments/sk/versions/7`,
      environment_variables: {},
    },
  },
};

test("a step says what its component needs, and leaves the rest to its defaults", () => {
  expect(stepOf(RESOURCE, "count", "2")).toEqual({
    type: "command",
    component: "azureml:count:2",
    inputs: { table: { type: "uri_file", path: "" }, most: 3 },
    outputs: { counted: { type: "uri_folder" } },
  });
  expect(parse(pipelineOf(RESOURCE, "count-rows", "2"))).toMatchObject({
    type: "pipeline",
    jobs: { count_rows: { type: "command" } },
  });
});

test("a component's file is brief", () => {
  expect(parse(fileOf(RESOURCE))).toMatchObject({
    name: "count",
    environment: "azureml:sk:7",
    inputs: { table: { type: "uri_file" } },
  });
  expect(fileOf(RESOURCE)).not.toMatch(/optional: false|environment_variables/);
});
