/** The table of jobs: its filter language, its view in the address, the pages it asks for, its downloads. */
import { expect, test } from "vitest";
import { moved } from "@/pages/jobs/chooser";
import { csvLine } from "@/pages/jobs/csv";
import { ordered } from "@/pages/jobs/experiments";
import { completionsAt, isFilter, isWhole, keyWord, mistakeIn, tokensOf, type Words } from "@/pages/jobs/filter";
import { pagesFor } from "@/pages/jobs/rows";
import { eachOf } from "@/pages/jobs/selection";
import { addressOf, columnName, queryOf, START, type View, viewOf } from "@/pages/jobs/view";

const counted = (...names: string[]) => names.map((name) => ({ name, count: 1 }));
const WORDS: Words = {
  metrics: counted("accuracy", "val loss"),
  params: counted("lr"),
  tags: counted("team"),
  experiments: counted("Bob's"),
  statuses: counted("Completed", "Failed", "Running"),
  computes: counted("cpu"),
  users: counted("me"),
  types: counted("command", "sweep"),
};

/** The labels of what could stand at the bar. */
function could(text: string): string[] {
  const caret = text.indexOf("|");
  return completionsAt(text.replace("|", ""), caret, WORDS, 0).suggestions.map(({ label }) => label);
}

/** The text after the first suggestion at the bar was taken. */
function taken(text: string): string {
  const caret = text.indexOf("|");
  const said = text.replace("|", "");
  const { from, to, suggestions } = completionsAt(said, caret, WORDS, 0);
  return said.slice(0, from) + (suggestions[0]?.insert ?? "") + said.slice(to);
}

test("a filter is told from words to search for", () => {
  expect(["resnet two", "I like it", "status = 'Failed'", "tags.x IS NULL", "type in ('a')"].map(isFilter)).toEqual([
    false,
    false,
    true,
    true,
    true,
  ]);
});

test("keys are completed by what they begin with, then by what they hold", () => {
  expect(could("|").slice(0, 2)).toEqual(["status", "type"]);
  expect(could("sta|")).toEqual(["status", "started"]);
  expect(could("acc|")).toEqual(["metrics.accuracy"]);
  expect(could("metrics.|")).toEqual(["metrics.accuracy", "metrics.`val loss`"]);
  expect(could("nothing|")).toEqual([]);
});

test("signs fit the kind of what is compared", () => {
  expect(could("metrics.accuracy |")).toContain(">=");
  expect(could("metrics.accuracy |")).toContain("IS NOT NULL");
  expect(could("params.lr |")).toContain("ILIKE");
  expect(could("params.lr |")).not.toContain(">");
  expect(could("status |")).not.toContain("IS NULL");
  expect(could("status LI|")).toEqual(["LIKE", "ILIKE"]);
});

test("values are those that there are, quoted", () => {
  expect(could("status = |")).toEqual(["Completed", "Failed", "Running"]);
  expect(taken("status = 'Fa|")).toBe("status = 'Failed' ");
  expect(taken("experiment = |")).toBe("experiment = 'Bob''s' ");
  expect(taken("type IN ('command', sw|")).toBe("type IN ('command', 'sweep'");
  expect(could("status IN ('Failed'|")).toEqual([]);
  expect(could("status IN ('Failed' |")).toEqual([",", ")"]);
  expect(could("created > |")[0]).toBe("1970-01-01");
  expect(could("metrics.accuracy > |")).toEqual([]);
});

test("conditions are joined, and the next begins anew", () => {
  expect(could("status = 'Failed' |")).toEqual(["AND"]);
  expect(could("status = 'Failed' AND ty|")).toEqual(["type"]);
  expect(could("tags.team IS NOT NULL |")).toEqual(["AND"]);
  expect(could("status = 'Failed' OR |")).toEqual([]);
});

test("only what is whole is asked while one types", () => {
  const whole = ["resnet", "a = 'b'", "a = 'b' and c > 1e-3", "a not in ('x', 'y')", "a IS NULL", "a LIKE '%x%'"];
  const open = ["a =", "a = 'b", "a = 'b' and", "a IN ('x'", "a > 1 or b > 2", "= 3"];
  expect(whole.filter((text) => !isWhole(text))).toEqual([]);
  expect(open.filter(isWhole)).toEqual([]);
});

test("the pieces of a filter keep their places", () => {
  const text = "metrics.`val loss` <= -1.5 AND tags.a != 'it''s'";
  expect(tokensOf(text).map(({ from, to }) => text.slice(from, to))).toEqual([
    "metrics.`val loss`",
    "<=",
    "-1.5",
    "AND",
    "tags.a",
    "!=",
    "'it''s'",
  ]);
});

test("a mistake is found where the server says, also behind the end", () => {
  expect(mistakeIn("filter[14:20]", "metrics.auc > 'high'")).toEqual([14, 20]);
  expect(mistakeIn("filter[9:12]", "status =")).toEqual([8, 8]);
  expect(mistakeIn("order_by", "status =")).toBeNull();
});

const VIEW: View = {
  filter: "metrics.auc > 0.5",
  status: ["Failed", "Running"],
  type: ["sweep"],
  experiment: ["Bob's, and others"],
  mine: true,
  since: "24h",
  columns: ["displayName", "metrics.auc", keyWord("metrics", "a,b"), keyWord("tags", "x`y")],
  order: { key: keyWord("metrics", "val loss"), descending: false },
  children: true,
  archived: "all",
  widths: { displayName: 300, "metrics.a:b": 80 },
};

test("a view comes back from its address", () => {
  expect(viewOf(new URLSearchParams(addressOf(VIEW).toString()))).toEqual(VIEW);
  expect(addressOf(START).toString()).toBe("");
  expect(viewOf(new URLSearchParams())).toEqual(START);
});

test("an address that says nonsense shows the start", () => {
  expect(viewOf(new URLSearchParams("since=ever&archived=maybe&width=a:b&order=&tab=all"))).toEqual(START);
});

test("the server is asked for all that narrows, the user's own filter first", () => {
  expect(queryOf(VIEW, "O'Neill", 100_000_000)).toEqual({
    filter:
      "metrics.auc > 0.5 AND status IN ('Failed', 'Running') AND type IN ('sweep') AND " +
      "experiment IN ('Bob''s, and others') AND createdBy = 'O''Neill' AND created > 13600000",
    orderBy: "metrics.`val loss` asc",
    columns: 'metrics.auc,metrics.`a,b`,tags."x`y"',
    all: "true",
    archived: "all",
  });
  expect(queryOf({ ...START, filter: "resnet", status: ["Failed"] }, "me", 0)).toEqual({
    filter: "status IN ('Failed')",
    text: "resnet",
    orderBy: "created desc",
  });
});

test("a logged column is called by its key", () => {
  expect(["metrics.auc", "metrics.`a,b`", 'tags."x`y"', "status"].map(columnName)).toEqual([
    "auc",
    "a,b",
    "x`y",
    "status",
  ]);
});

test("pages are asked for where one looks, and a little around", () => {
  expect(pagesFor(0, 40, 100_000)).toEqual([0]);
  expect(pagesFor(80, 120, 100_000)).toEqual([0, 1]);
  expect(pagesFor(50_000, 50_040, 100_000)).toEqual([249, 250]);
  expect(pagesFor(300, 340, 20)).toEqual([0]);
});

test("a download is CSV that no spreadsheet runs", () => {
  expect(csvLine(["a", 1.5, null, 'say "x", y', "=cmd()", "-0.5", "two\nlines"])).toBe(
    `a,1.5,,"say ""x"", y",'=cmd(),-0.5,"two\nlines"`,
  );
});

test("columns move, and experiments stand in order", () => {
  expect(moved(["a", "b", "c"], 2, 0)).toEqual(["c", "a", "b"]);
  expect(moved(["a", "b", "c"], 0, 9)).toEqual(["b", "c", "a"]);
  const rows = [{ n: 2 }, { n: null }, { n: 10 }];
  expect(ordered(rows, { key: "n", descending: true }).map(({ n }) => n)).toEqual([10, 2, null]);
});

test("what fails for one is told, and done for the others", async () => {
  const done: number[] = [];
  const problems = await eachOf([1, 2, 3, 4], async (one) => {
    if (one === 2) throw new Error("no");
    done.push(one);
  });
  expect([done.sort(), problems.length]).toEqual([[1, 3, 4], 1]);
});
