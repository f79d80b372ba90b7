import { expect, test } from "vitest";
import { parsed } from "@/api/events";
import { problemOf } from "@/api/problem";
import { ago, moodOf, number, size, span } from "@/parts/said";

test("times, sizes and numbers are said as one reads them", () => {
  expect([span(850), span(12_300), span(250_000), span(7_500_000), span(null)]).toEqual([
    "850 ms",
    "12 s",
    "4 min 10 s",
    "2 h 5 min",
    "–",
  ]);
  expect([size(12), size(1_240_000), size(240_000_000)]).toEqual(["12 B", "1.2 MB", "240 MB"]);
  expect([number(0.93124567), number(1.2e-7), number(12_345), number(Number.NaN)]).toEqual([
    "0.93125",
    "1.200e-7",
    "12,345",
    "NaN",
  ]);
  expect(ago(new Date(0), "en", 180_000)).toBe("3 min. ago");
});

test("a status has a mood in every spelling", () => {
  expect(["Completed", "cancel_requested", "Running", "NotStarted", ""].map(moodOf)).toEqual([
    "good",
    "ended",
    "running",
    "waiting",
    "unknown",
  ]);
});

test("a problem keeps its mend apart", async () => {
  const error = {
    code: "NotFound",
    message: "It is not there. Make it.",
    target: "name",
    additionalInfo: [{ type: "Mend", info: { message: "It is not there.", mend: "Make it." } }],
  };
  const problem = await problemOf(new Response(JSON.stringify({ error }), { status: 404 }));
  expect([problem.message, problem.mend, problem.target, problem.status]).toEqual([
    "It is not there.",
    "Make it.",
    "name",
    404,
  ]);
});

test("an event is read, and a comment is none", () => {
  expect(parsed('id: 7\nevent: log\ndata: {"text": "a"}')).toEqual({ id: "7", event: "log", data: { text: "a" } });
  expect(parsed(": alive")).toBeNull();
});
