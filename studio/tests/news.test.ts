import { expect, test } from "vitest";
import { isNews } from "@/shell/news";

const job = { kind: "jobs", name: "one", deployment: null, parent: null, status: "Running", at: 0 };

test("what ends is news, what moves or belongs to another job is none", () => {
  expect(["Queued", "Running", "Completed", "Failed", "Canceled"].map((status) => isNews({ ...job, status }))).toEqual([
    false,
    false,
    true,
    true,
    true,
  ]);
  expect(isNews({ ...job, status: "Completed", parent: "sweep" })).toBe(false);
  expect(isNews({ ...job, kind: "onlineDeployments", deployment: "blue", status: "Succeeded" })).toBe(true);
  expect(isNews({ ...job, kind: "computes", status: "Succeeded" })).toBe(false);
});
