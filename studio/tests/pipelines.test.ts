import { expect, test } from "vitest";
import { edgesOf, portsOf, type Told, tookOf } from "@/pages/pipelines/picture";

const step = (name: string, status: string) => ({
  step: name,
  type: "command",
  displayName: name,
  job: `j-${name}`,
  status,
});
const TOLD: Told = {
  job: "j",
  status: "Running",
  nodes: [step("a", "Completed"), step("b", "Running"), step("c", "NotStarted")],
  edges: [
    { from: "", output: "rows", to: "a", input: "raw" },
    { from: "a", output: "table", to: "b", input: "table" },
    { from: "a", output: "model", to: "b", input: "start" },
    { from: "b", output: "", to: "c", input: "" },
    { from: "b", output: "best", to: "", input: "best" },
  ],
};

test("what leads from one step to another is one edge that names its ports", () => {
  expect(edgesOf(TOLD).map(({ from, to, label, isLive, isDashed }) => [from, to, label, isLive, isDashed])).toEqual([
    ["@inputs", "a", "rows → raw", false, false],
    ["a", "b", "table, model → start", true, false],
    ["b", "c", "", false, true],
    ["b", "@outputs", "best", false, false],
  ]);
});

test("many ports are counted", () => {
  const edges = [1, 2, 3, 4, 5].map((n) => ({ from: "a", output: `o${n}`, to: "b", input: `o${n}` }));
  expect(edgesOf({ ...TOLD, edges })[0]?.label).toBe("o1, o2, o3 +2");
});

test("the ports of the pipeline itself, and the time of a step", () => {
  expect([portsOf(TOLD, "from"), portsOf(TOLD, "to")]).toEqual([["rows"], ["best"]]);
  const times = { startTime: "2026-05-01T00:00:00Z", endTime: "2026-05-01T00:00:02Z" };
  expect([tookOf({ ...step("a", "x"), ...times }), tookOf(step("a", "x"))]).toEqual([2000, null]);
});
