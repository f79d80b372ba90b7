/** Points in a box that one turns: scales, where things stand on the screen, what is under the mouse, colours. */
import { expect, test } from "vitest";
import { fieldOf } from "@/pages/compare/fields";
import { RAMP } from "@/pages/compare/pictures";
import { boxOf, FIRST, inkOf, mixed, moved, scaleOf, spotOf, turned, underOf, type View } from "@/pages/compare/space";

const FRONT: View = { turn: 0, tilt: 0, zoom: 1 };

test("values stand along an axis by their size, with air at its ends and round numbers beside it", () => {
  const scale = scaleOf(fieldOf("params.depth", "depth", [2, 10, null, 6]));
  expect(scale.at(6)).toBeCloseTo(0);
  expect(scale.at(2)).toBeGreaterThan(-1);
  expect(scale.at(10)).toBeCloseTo(-(scale.at(2) ?? 0));
  expect(scale.at(null)).toBeNull();
  expect(scale.ticks.map(({ text }) => text)).toEqual(["5", "10"]);
});

test("what spans magnitudes stands by its logarithm", () => {
  const scale = scaleOf(fieldOf("params.lr", "lr", [0.0001, 0.1, 0.01], true));
  expect(scale.ticks.map(({ text }) => text)).toEqual(["0.0001", "0.001", "0.01", "0.1"]);
  const [first, second, third] = scale.ticks.map(({ at }) => at) as [number, number, number];
  expect(second - first).toBeCloseTo(third - second);
});

test("names stand one beside the other, and not all are written where they are many", () => {
  const few = scaleOf(fieldOf("params.kind", "kind", ["adam", "sgd", "adam", null]));
  expect(few.ticks.map(({ text }) => text)).toEqual(["adam", "sgd"]);
  expect(few.at("sgd")).toBeCloseTo(-(few.at("adam") ?? 0));
  const many = scaleOf(
    fieldOf(
      "params.seed",
      "seed",
      Array.from({ length: 40 }, (_, at) => `seed ${at}`),
    ),
  );
  expect(many.ticks.length).toBe(8);
});

test("one value alone stands in the middle", () => {
  for (const value of [7, 0, -3]) expect(scaleOf(fieldOf("params.a", "a", [value])).at(value)).toBeCloseTo(0);
});

test("from the front, right is right, up is up, and what is near is larger", () => {
  const spot = (x: number, y: number, z: number) => spotOf([x, y, z], FRONT, 800, 400);
  expect(spot(0, 0, 0)).toMatchObject({ x: 400, y: 184, scale: 1 });
  expect(spot(1, 0, 0).x).toBeGreaterThan(400);
  expect(spot(0, 1, 0).y).toBeLessThan(184);
  expect(spot(0, 0, 1).scale).toBeGreaterThan(1);
});

test("a quarter turn brings the right side to the back; a tilt never shows the floor from below", () => {
  const [x, y, z] = turned([1, 0, 0], { ...FRONT, turn: Math.PI / 2 });
  expect([x, y, z].map((each) => Math.round(each))).toEqual([0, 0, -1]);
  expect(moved(FIRST, { tilt: -9 }).tilt).toBe(0);
  expect(moved(FIRST, { tilt: 9 }).tilt).toBeCloseTo(Math.PI / 2);
  expect(moved(FIRST, { zoom: 100 }).zoom).toBe(4);
});

test.each([-3, -2, -0.62, 0.3, 1, 2.5])("the axes of a box stand where no side is behind them (turned %s)", (turn) => {
  const view = { ...FIRST, turn };
  const { behind, edges } = boxOf(view);
  const near = (place: [number, number, number]) => turned(place, view)[2];
  expect(near([behind[0], 0, 0])).toBeLessThanOrEqual(0);
  expect(near([0, 0, behind[2]])).toBeLessThanOrEqual(0);
  for (const [axis, { ends }] of edges.entries()) expect([ends[0][axis], ends[1][axis]]).toEqual([-1, 1]);
  const uprights = [-1, 1].flatMap((x) => [-1, 1].map((z) => turned([x, 0, z], view)[0]));
  expect(turned(edges[1].at(0), view)[0]).toBeCloseTo(Math.min(...uprights));
});

test("of two points at one place the one in front is under the mouse, and none where nothing is near", () => {
  const spots = [{ x: 10, y: 10, scale: 0.9 }, null, { x: 10, y: 10, scale: 1.1 }, { x: 90, y: 10, scale: 1 }];
  expect(underOf(spots, 12, 10)).toBe(2);
  expect(underOf(spots, 88, 12)).toBe(3);
  expect(underOf(spots, 50, 50)).toBe(-1);
});

test("numbers are coloured along a ramp, names one colour each, and runs their own", () => {
  const ink = inkOf(fieldOf("metrics.loss", "loss", [1, null, 3]), []);
  expect(ink.ramp).toEqual([1, 3]);
  expect(ink.of(0)).toBe(mixed(0));
  expect(ink.of(2)).toBe(mixed(1));
  expect(ink.of(1)).not.toMatch(/^rgb/);
  const names = inkOf(fieldOf("params.kind", "kind", ["a", "b", "a"]), []);
  expect(names.of(0)).toBe(names.of(2));
  expect(names.names.map(([name]) => name)).toEqual(["a", "b"]);
  expect(inkOf(null, ["#123456"]).of(0)).toBe("#123456");
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt((RAMP[1] ?? "").slice(at, at + 2), 16));
  expect(mixed(0.5)).toBe(`rgb(${red}, ${green}, ${blue})`);
});
