import { expect, test } from "vitest";
import { begun, gridOf, pictureOf } from "@/pages/author/drawn";
import { aroundOf, literalsOf, searched, sweepOf } from "@/pages/author/sweeping";
import { parsed } from "@/pages/author/text";

const COMMAND = `# mine
type: command
display_name: net
command: >-
  python train.py --lr \${{inputs.lr}} --data \${{ inputs.data }}
environment: azureml:sk@latest
inputs:
  lr: 0.1
  data: {type: uri_file, path: "azureml:a@latest"}
limits:
  timeout: 60
`;

test("a command becomes the trial of a sweep", () => {
  const now = sweepOf(COMMAND);
  expect(now.startsWith("# mine\ntype: sweep\ndisplay_name: net-sweep\n")).toBe(true);
  expect(parsed(now).data).toMatchObject({
    trial: { environment: "azureml:sk@latest" },
    inputs: { lr: 0.1 },
    limits: { trial_timeout: 60, max_total_trials: 20 },
    objective: { goal: "maximize" },
  });
  expect(parsed(now).data).not.toHaveProperty("command");
  expect(sweepOf(now)).toBe(now);
});

test("an input is searched in its place", () => {
  const sweep = sweepOf(COMMAND);
  expect(literalsOf(parsed(sweep).data)).toEqual([["lr", 0.1]]);
  const { data } = parsed(searched(sweep, "lr"));
  expect(data).toMatchObject({ search_space: { lr: { type: "loguniform", min_value: -4.61, max_value: 0 } } });
  expect((data as { trial: { command: string } }).trial.command).toBe(
    "python train.py --lr ${{search_space.lr}} --data ${{ inputs.data }}",
  );
  expect(data).toMatchObject({ inputs: { data: { type: "uri_file" } } });
});

test("what is searched begins around what it was", () => {
  expect([aroundOf(4), aroundOf("0.5").type, aroundOf(true), aroundOf("adam"), aroundOf(-2.5)]).toMatchObject([
    { type: "choice", values: [2, 4, 8] },
    "loguniform",
    { values: [true, false] },
    { values: ["adam"] },
    { type: "uniform", min_value: -5, max_value: 0 },
  ]);
});

test("a distribution has a picture as soon as it has its numbers", () => {
  expect(pictureOf({ type: "uniform", min_value: 1, max_value: 0 })).toBeNull();
  expect(pictureOf({ type: "choice", values: [1, 2, 3] })).toMatchObject({ isBars: true, ends: ["1", "3"] });
  expect(pictureOf({ type: "loguniform", min_value: -6.9077, max_value: 0 })).toMatchObject({
    isLog: true,
    ends: ["0.001", "1"],
  });
  expect(pictureOf({ type: "quniform", min_value: 0, max_value: 10, q: 2 })?.heights).toHaveLength(6);
  const normal = pictureOf({ type: "normal", mu: 0, sigma: 1 })?.heights ?? [];
  expect(Math.max(...normal)).toBeCloseTo(1, 1);
  expect(pictureOf({ type: "randint", upper: "x" })).toBeNull();
});

test("a distribution keeps what another has as well, and a grid counts its combinations", () => {
  expect(begun("quniform", { type: "uniform", min_value: 2, max_value: 9 })).toEqual({
    type: "quniform",
    min_value: 2,
    max_value: 9,
    q: 1,
  });
  expect(begun("loguniform", { type: "uniform", min_value: 2, max_value: 9 })).toEqual({
    type: "loguniform",
    min_value: -6,
    max_value: 0,
  });
  expect(gridOf({ a: { type: "choice", values: [1, 2] }, b: { type: "choice", values: [1, 2, 3] }, c: 5 })).toBe(6);
  expect(gridOf({ a: { type: "uniform" } })).toBeNull();
});
