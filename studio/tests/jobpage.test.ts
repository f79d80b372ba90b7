import { describe, expect, test } from "vitest";
import { rowsOf, tableOf } from "@/pages/job/csv";
import { asked } from "@/pages/job/curves";
import { packageOf } from "@/pages/job/environment";
import { changesIn } from "@/pages/job/events";
import { area, loggedTable, normalised, ratesOf } from "@/pages/job/legacy";
import { marksOf } from "@/pages/job/logBar";
import { namedBy } from "@/pages/job/named";
import { phasesOf, withMetric } from "@/pages/job/phases";
import { spansOf } from "@/pages/job/sgr";
import { foldersOf } from "@/pages/job/tree";
import { BLOCK, linesIn, MOST_BLOCKS, reach, stretchAround, TAIL } from "@/pages/job/windows";

describe("the blocks of a text", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  /** All lines of a text, block by block, as the viewer puts them together. */
  const whole = (text: string) => {
    const all = bytes(text);
    return Array.from({ length: Math.max(1, Math.ceil(all.length / BLOCK)) }, (_, block) => {
      const { offset, length } = reach(block, all.length);
      let start = offset;
      while (start < all.length && ((all[start] ?? 0) & 0xc0) === 0x80) start += 1; // the server skips half characters
      return linesIn(block, start, new TextDecoder().decode(all.subarray(start, offset + length)));
    }).flat();
  };

  test("give every line once, with where it begins", () => {
    const lines = Array.from({ length: 5000 }, (_, index) => `line ${index} ${"·".repeat(index % 37)}`);
    const text = `${lines.join("\n")}\n`;
    const found = whole(text);
    expect(found.map((line) => line.text)).toEqual(lines);
    expect(found[4321]?.at).toBe(bytes(`${lines.slice(0, 4321).join("\n")}\n`).length);
  });

  test("keep a line that crosses their edge, and an end without a break", () => {
    const text = `${"a".repeat(BLOCK - 10)}\n${"b".repeat(TAIL - 100)}\nend`;
    expect(whole(text).map((line) => line.text.length)).toEqual([BLOCK - 10, TAIL - 100, 3]);
  });

  test("keep a break right at the edge", () => {
    const text = `${"a".repeat(BLOCK - 1)}\n${"b".repeat(10)}\n`;
    expect(whole(text).map((line) => line.text[0])).toEqual(["a", "b"]);
  });

  test("cut only lines that are longer than what is read beyond them, and lose nothing", () => {
    const text = `${"x".repeat(3 * BLOCK)}\ny`;
    const found = whole(text);
    expect(found.map((line) => line.text).join("")).toBe(text.replace("\n", ""));
  });

  test("of a very long text a stretch around the place is listed", () => {
    expect(stretchAround(0, 10)).toEqual({ first: 0, count: 1 });
    const size = BLOCK * 10_000;
    expect(stretchAround(0, size)).toEqual({ first: 0, count: MOST_BLOCKS });
    expect(stretchAround(size, size)).toEqual({ first: 10_000 - MOST_BLOCKS, count: MOST_BLOCKS });
    expect(stretchAround(size / 2, size).first).toBe(5000 - MOST_BLOCKS / 2);
  });
});

describe("the colours of a terminal", () => {
  test("are taken from between the text", () => {
    const { spans, after } = spansOf("a \x1b[1;31mred\x1b[0m b");
    expect(spans.map(({ text }) => text)).toEqual(["a ", "red", " b"]);
    expect(spans[1]?.look).toEqual({ isBold: true, color: 1 });
    expect(after).toEqual({});
  });

  test("go on in the next line, in 256 and 16 million colours too", () => {
    const { after } = spansOf("\x1b[38;5;208mx");
    expect(after.color).toBe(208);
    expect(spansOf("\x1b[48;2;1;2;255my").after.background).toBe("#0102ff");
    expect(spansOf("still", after).spans[0]?.look.color).toBe(208);
    expect(spansOf("\x1b[91;104mz").after).toEqual({ color: 9, background: 12 });
  });

  test("a progress bar shows its last state, other codes nothing", () => {
    expect(spansOf(" 10%\r 50%\r100%\r").spans[0]?.text).toBe("100%");
    expect(spansOf("\x1b[2K\x1b]8;;http://x\x07link\x1b]8;;\x07").spans.map(({ text }) => text)).toEqual(["link"]);
    expect(spansOf("<img src=x>").spans[0]?.text).toBe("<img src=x>");
  });
});

describe("CSV", () => {
  test("with quotes, breaks within them, and either end of line", () => {
    expect(rowsOf('\ufeffa,b\r\n"x, ""y""","two\nlines"\r\n\n1,')).toEqual([
      ["a", "b"],
      ['x, "y"', "two\nlines"],
      ["1", ""],
    ]);
  });

  test("what is cut off has no last row; columns of numbers are known", () => {
    expect(rowsOf("a\n1\n2", ",", true)).toEqual([["a"], ["1"]]);
    expect(tableOf("n,t\n1,x\n2.5,3\nNaN,y\n").areNumbers).toEqual([true, false]);
  });
});

describe("the journal of a job", () => {
  const entry = (at: number, event: string, detail: Record<string, unknown>) => ({ at, by: "lazuli", event, detail });

  test("becomes phases", () => {
    const phases = phasesOf([
      entry(0, "created", { status: "Queued" }),
      entry(1, "noted", {}),
      entry(5, "moved", { from: "Queued", to: "Preparing" }),
      entry(9, "moved", { from: "Preparing", to: "Running" }),
      entry(30, "moved", { from: "Running", to: "Failed" }),
    ]);
    expect(phases).toEqual([
      { status: "Queued", from: 0, to: 5 },
      { status: "Preparing", from: 5, to: 9 },
      { status: "Running", from: 9, to: 30 },
      { status: "Failed", from: 30, to: 30 },
    ]);
    expect(phasesOf([entry(0, "created", { status: "Queued" })])[0]?.to).toBeNull();
  });

  test("tells changes in a line", () => {
    expect(changesIn({ changed: { tags: {}, priority: { from: "low", to: "high" } } })).toBe(
      "tags, priority: low → high",
    );
    expect(changesIn({ status: "Queued", node: "n1" })).toBe("node: n1");
  });

  test("events put the newest value in its place, and a new metric in its order", () => {
    const one = { key: "b", value: 1, step: 0, timestamp: 0 };
    const next = withMetric([one], { ...one, value: 2, step: 1 });
    expect(next).toEqual([{ ...one, value: 2, step: 1 }]);
    expect(withMetric(next, { ...one, key: "a" }).map(({ key }) => key)).toEqual(["a", "b"]);
  });
});

test("a window is asked for in steps or in moments", () => {
  expect(asked(null, "step", 0).toString()).toBe("axis=step");
  expect(asked([2.4, 7.2], "step", 0).toString()).toBe("axis=step&from=2&to=8");
  expect(asked([1.5, 2], "relative", 10_000).toString()).toBe("axis=time&from=11500&to=12000");
  expect(asked([11.5, 12], "time", 99).toString()).toBe("axis=time&from=11500&to=12000");
});

test("what an address names is known", () => {
  const base = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w";
  expect(namedBy(`${base}/data/flowers/versions/2`)).toEqual({ text: "flowers:2", page: ["data", "flowers", "2"] });
  expect(namedBy(`${base}/codes/c/versions/1`).page).toBeUndefined();
  expect(namedBy("azureml:flowers:2").page).toEqual(["data", "flowers", "2"]);
  expect(namedBy("azureml:env@latest", "environments").page).toEqual(["environments", "env"]);
  expect(namedBy("azureml://datastores/store/paths/a/b.csv")).toMatchObject({
    page: ["datastores", "store"],
    query: "path=a%2Fb.csv",
  });
  expect(namedBy("azureml://jobs/j/outputs/out/paths/x").page).toEqual(["jobs", "j", "outputs"]);
  expect(namedBy("javascript:alert(1)")).toEqual({ text: "javascript:alert(1)" });
});

test("matrices are shared out, curves have their area", () => {
  const matrix = [
    [3, 1],
    [0, 0],
  ];
  expect(normalised(matrix, "row")).toEqual([
    [0.75, 0.25],
    [0, 0],
  ]);
  expect(normalised(matrix, "column")[0]).toEqual([1, 1]);
  const { roc } = ratesOf([
    [10, 10, 0, 0],
    [10, 0, 10, 0],
    [0, 0, 10, 10],
  ]);
  expect(area(roc)).toBe(1);
});

test("tables come in three shapes", () => {
  expect(loggedTable({ columns: ["a"], data: [[1], [2]] })).toEqual({ head: ["a"], rows: [[1], [2]] });
  expect(loggedTable([{ a: 1 }, { b: 2 }])).toEqual({
    head: ["a", "b"],
    rows: [
      [1, undefined],
      [undefined, 2],
    ],
  });
  expect(loggedTable({ a: [1, 2], b: 3 })?.rows).toEqual([
    [1, 3],
    [2, undefined],
  ]);
  expect(loggedTable("no")).toBeNull();
});

test("small readers", () => {
  expect(marksOf("a.b", false)?.test("axb")).toBe(false);
  expect(marksOf("a.b", true)?.test("AXB")).toBe(true);
  expect(marksOf("(", true)).toBeNull();
  expect(packageOf("numpy==2.4.0")).toEqual({ name: "numpy", version: "2.4.0" });
  expect(foldersOf("a/b/c.txt")).toEqual(["a", "a/b"]);
});
