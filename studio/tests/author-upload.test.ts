import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { digestOf, ignoring, type Picked, pickedOf, withoutIgnored } from "@/pages/author/upload";

const file = (path: string, text: string): Picked => ({ path, file: new File([text], path.split("/").at(-1) ?? "") });

test("what git would leave out is left out", () => {
  const isIgnored = ignoring([
    "# a comment",
    "*.pyc",
    "/data",
    "logs/",
    "!logs/keep.txt",
    "docs/**/old",
    "a?[bc].txt",
    "!b.pyc",
  ]);
  const left = [
    "x.pyc",
    "in/y.pyc",
    "data/1.csv",
    "logs/a.log",
    "logs/keep.txt",
    "docs/a/b/old/x",
    "docs/old",
    "azb.txt",
  ];
  expect(left.filter(isIgnored)).toEqual(left);
  expect(["b.pyc", "in/data/1.csv", "logs", "docs/new", "azd.txt", "train.py"].filter(isIgnored)).toEqual([]);
});

test("an own list of what stays counts more than that of git", async () => {
  const picked = [file("a.py", "1"), file("b.txt", "2"), file(".git/config", ""), file("p/__pycache__/x.pyc", "")];
  const paths = async (more: Picked[]) => (await withoutIgnored([...picked, ...more])).map(({ path }) => path);
  expect(await paths([file(".gitignore", "*.txt\n")])).toEqual(["a.py", ".gitignore"]);
  expect(await paths([file(".gitignore", "*.txt\n"), file(".amlignore", "a.py\n")])).toEqual([
    "b.txt",
    ".gitignore",
    ".amlignore",
  ]);
});

test("the digest is that of the command line", async () => {
  const sha = (text: string) => createHash("sha256").update(text).digest("hex");
  const lines = `B.py\0${sha("two")}\na/x.py\0${sha("one")}\n`;
  expect(await digestOf([file("a/x.py", "one"), file("B.py", "two")])).toBe(sha(lines));
});

test("a chosen folder gives its name, and paths below it", () => {
  const under = (path: string) => Object.defineProperty(new File([""], "f"), "webkitRelativePath", { value: path });
  const chosen = pickedOf([under("src/a.py"), under("src/in/b.py")]);
  expect([chosen.name, chosen.picked.map(({ path }) => path)]).toEqual(["src", ["a.py", "in/b.py"]]);
  expect(pickedOf([new File([""], "one.py")])).toMatchObject({ name: "one.py", picked: [{ path: "one.py" }] });
});
