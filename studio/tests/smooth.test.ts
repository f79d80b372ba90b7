import { expect, test } from "vitest";
import { csvOf, joined, momentsSaid, numbersOf, placesOf, smoothed } from "@/parts/smooth";

test("a constant stays what it is, from the first point on", () => {
  for (const value of smoothed([3, 3, 3, 3], 0.9)) expect(value).toBeCloseTo(3, 10);
});

test("more weight follows later", () => {
  const jump = [0, 0, 0, 1, 1];
  const [little, much] = [smoothed(jump, 0.3).at(-1) ?? 0, smoothed(jump, 0.9).at(-1) ?? 0];
  expect(little).toBeGreaterThan(much);
  expect(smoothed(jump, 0)).toEqual(jump);
});

test("what is missing stays missing, and counts for nothing", () => {
  const found = smoothed([1, null, 1], 0.5);
  expect(found[1]).toBeNull();
  expect(found[2]).toBeCloseTo(1, 10);
});

test("NaN and infinities are not drawn, nor what no logarithm has", () => {
  expect(numbersOf([1, "NaN", "Infinity", null, -2, 0])).toEqual([1, null, null, null, -2, 0]);
  expect(numbersOf([1, -2, 0], true)).toEqual([1, null, null]);
});

test("curves of different steps share an axis", () => {
  const [x, one, other] = joined([
    { x: [0, 2, 4], y: [1, 2, 3] },
    { x: [1, 2], y: [9, null] },
  ]);
  expect(x).toEqual([0, 1, 2, 4]);
  expect(one).toEqual([1, null, 2, 3]);
  expect(other).toEqual([null, 9, null, null]);
});

test("several points at one step are one place", () => {
  const [x, line] = joined([{ x: [0, 0, 1], y: [5, 6, 7] }]);
  expect(x).toEqual([0, 1]);
  expect(line).toEqual([6, 7]);
});

test("time is in seconds, relative time since the curve began", () => {
  const curve = { steps: [0, 5], times: [10_000, 12_500], values: [1, 2] };
  expect(placesOf(curve, "step")).toEqual([0, 5]);
  expect(placesOf(curve, "time")).toEqual([10, 12.5]);
  expect(placesOf(curve, "relative")).toEqual([0, 2.5]);
  expect(placesOf(curve, "relative", 8_000)).toEqual([2, 4.5]);
});

test("as CSV, names with commas are quoted", () => {
  expect(csvOf([{ label: 'a, "b"', steps: [1], times: [0], values: ["NaN"] }])).toBe(
    'curve,step,time,value\n"a, ""b""",1,1970-01-01T00:00:00.000Z,NaN\n',
  );
});

test("moments are said as fine as they lie apart", () => {
  const at = (...said: number[]) => new Date(2026, 4, said[0], said[1], said[2], 0, said[3]).getTime() / 1000;
  expect(momentsSaid([at(3, 7, 5, 120), at(3, 7, 5, 140)], "en")).toEqual(["05:00.12", "05:00.14"]);
  expect(momentsSaid([at(3, 7, 5, 0), at(3, 7, 5, 5000)], "en")).toEqual(["07:05:00", "07:05:05"]);
  expect(momentsSaid([at(3, 18, 0, 0), at(4, 0, 0, 0)], "en")).toEqual(["18:00", "May 4"]);
  expect(momentsSaid([at(3, 0, 0, 0), at(4, 0, 0, 0)], "en")).toEqual(["May 3", "May 4"]);
});
