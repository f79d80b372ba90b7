import { expect, test } from "vitest";
import { NODE, placed } from "@/parts/placed";

const nodes = ["data", "train", "score", "alone"].map((id) => ({ id, title: id }));
const edges = [
  { from: "data", to: "train", label: "input" },
  { from: "train", to: "score" },
  { from: "gone", to: "score" },
];

test("edges lead to the right, and nodes do not lie on one another", () => {
  const places = placed(nodes, edges, "right");
  const [data, train, score] = ["data", "train", "score"].map((id) => places.get(id) as { x: number; y: number });
  expect(data && train && data.x + NODE.width).toBeLessThan(train?.x ?? 0);
  expect(train && score && train.x + NODE.width).toBeLessThan(score?.x ?? 0);
  expect(places.size).toBe(4);
  expect([...places.values()].every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))).toBe(true);
});

test("or down", () => {
  const places = placed(nodes, edges, "down");
  expect(places.get("score")?.y).toBeGreaterThan((places.get("train")?.y ?? 0) + NODE.height);
});
