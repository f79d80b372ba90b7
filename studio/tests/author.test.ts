import { expect, test } from "vitest";
import { edited, lineOf, parsed, renamed } from "@/pages/author/text";

const FILE = `# trains the small model
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
type: command

command: >-
  python train.py
  --lr \${{inputs.lr}}
  --data \${{inputs.data}}
code: src   # beside this file
inputs:
    lr: 1.0e-3
    data:
        type: uri_file
        path: azureml:iris@latest
tags: {team: "red", version: 01}
compute: 'azureml:cpu'
`;

test("a change leaves all else as it was written", () => {
  const now = edited(FILE, ["compute"], "azureml:gpu");
  expect(now.replace("code: src # beside", "code: src   # beside")).toBe(FILE.replace("azureml:cpu", "azureml:gpu"));
});

test("a value with meaning to YAML 1.1 stays text", () => {
  const now = edited(FILE, ["tags", "answer"], "yes");
  expect(parsed(now).data).toMatchObject({ tags: { team: "red", answer: "yes" } });
  expect(now).toContain('answer: "yes"');
  expect(parsed("on: 2026-05-01\n").data).toEqual({ true: "2026-05-01" });
});

test("new keys stand where one would write them, and go again without a trace", () => {
  const named = edited(FILE, ["display_name"], "small");
  expect(named).toContain("type: command\ndisplay_name: small\n");
  const limited = edited(FILE, ["limits", "timeout"], 60);
  expect(limited.endsWith("limits:\n    timeout: 60\n")).toBe(true);
  expect(edited(limited, ["limits", "timeout"], undefined)).toBe(edited(FILE, ["nothing"], undefined));
  expect(edited("", ["command"], "echo 1\necho 2\n")).toBe("command: |\n  echo 1\n  echo 2\n");
  expect(edited("# mine\ncommand: x\n", ["command"], undefined)).toBe("# mine\n");
});

test("a block of one line is a line", () => {
  const block = edited(FILE, ["command"], "a\nb");
  expect(block).toContain("command: >-\n");
  expect(edited(block, ["command"], "echo: 'x' # y")).toContain("command: \"echo: 'x' # y\"\n");
  expect(parsed(edited(FILE, ["tags"], { a: "yes", b: "1" })).data).toMatchObject({ tags: { a: "yes", b: "1" } });
});

test("a comment goes with a value", () => {
  const now = edited(FILE, ["code"], "azureml:abc:1", "src, 3 files");
  expect(now).toContain("code: azureml:abc:1 # src, 3 files\n");
});

test("a key is renamed where it stands", () => {
  const now = renamed(FILE, ["inputs", "lr"], "rate");
  expect(now).toContain("    rate: 1.0e-3\n    data:");
  expect(renamed(FILE, ["inputs", "lr"], "data")).toBe(FILE);
});

test("a text that is no YAML is told with its line, and is not changed by the form", () => {
  const broken = "type: command\ninputs: {a: 1\ncommand: x\n";
  expect(parsed(broken).errors[0]?.line).toBeGreaterThan(1);
  expect(edited(broken, ["type"], "sweep")).toBe(broken);
  expect(parsed("a: 1\na: 2\n").errors[0]?.line).toBe(2);
});

test("the line of a path, or of what encloses it", () => {
  const said = parsed(FILE);
  expect([lineOf(said, ["inputs", "lr"]), lineOf(said, ["inputs", "data", "mode"]), lineOf(said, [])]).toEqual([
    11, 12, 1,
  ]);
});
