/** Which page an address leads to, before anything of it is there. */
import { expect, test } from "vitest";
import { pageAt } from "@/routes";

const HERE = "/some-subscription/lazuli/garden";

test("an address leads to what loads its page", () => {
  expect(pageAt(HERE)).toBeDefined();
  expect(pageAt(`${HERE}/jobs`)).toBeDefined();
  expect(pageAt(`${HERE}/jobs/rose/metrics`)).toBe(pageAt(`${HERE}/jobs/lily`));
  expect(pageAt(`${HERE}/jobs/rose`)).not.toBe(pageAt(`${HERE}/jobs`));
  expect(pageAt("/workspaces/create")).not.toBe(pageAt("/workspaces"));
  expect(pageAt(`${HERE}/nowhere`)).toBe(pageAt(`${HERE}/nowhere/at/all`));
});

test("where there is no page nothing is loaded", () => {
  expect(pageAt("/")).toBeUndefined();
  expect(pageAt("/sign-in")).toBeUndefined();
});
