/** A command as the trial of a sweep, and its inputs as what is searched. */
import { begun } from "@/pages/author/drawn";
import { at, mapOf, type Path } from "@/pages/author/schema";
import { edited, parsed } from "@/pages/author/text";

const OF_THE_TRIAL = ["command", "code", "environment", "environment_variables", "distribution"];

/** The YAML of a sweep whose trials do what a command's YAML says; a sweep stays as it is. */
export function sweepOf(text: string): string {
  const data = mapOf(parsed(text).data) ?? {};
  if (data.type === "sweep") return text;
  let now = edited(text, ["type"], "sweep");
  const move = (from: Path, to: Path) => {
    const value = at(data, from);
    if (value !== undefined) now = edited(edited(now, from, undefined), to, value);
  };
  for (const word of OF_THE_TRIAL) move([word], ["trial", word]);
  move(["limits", "timeout"], ["limits", "trial_timeout"]);
  if (data.display_name) now = edited(now, ["display_name"], `${data.display_name}-sweep`);
  now = edited(now, ["sampling_algorithm"], "random");
  now = edited(now, ["objective"], { goal: "maximize", primary_metric: "" });
  now = edited(now, ["limits", "max_total_trials"], 20);
  return edited(now, ["limits", "max_concurrent_trials"], 4);
}

/** The literal inputs of a sweep, which could be searched, with their values. */
export function literalsOf(data: unknown): [string, unknown][] {
  return Object.entries(mapOf(at(data, ["inputs"])) ?? {}).flatMap(([name, said]): [string, unknown][] => {
    const value = mapOf(said) ? (mapOf(said)?.path === undefined ? mapOf(said)?.value : undefined) : said;
    return value === undefined || value === null ? [] : [[name, value]];
  });
}

/** An input as a hyperparameter: drawn around its value, and bound in the command in its place. */
export function searched(text: string, name: string): string {
  const { data } = parsed(text);
  const value = literalsOf(data).find(([word]) => word === name)?.[1];
  const command = String(at(data, ["trial", "command"]) ?? "");
  const bound = new RegExp(`\\$\\{\\{\\s*inputs\\.${name.replaceAll(/[.*+?^$()|[\]\\{}]/g, "\\$&")}\\s*\\}\\}`, "g");
  let now = edited(text, ["inputs", name], undefined);
  now = edited(now, ["search_space", name], aroundOf(value));
  return edited(now, ["trial", "command"], command.replaceAll(bound, `\${{search_space.${name}}}`));
}

/** A distribution to begin with: a hundredth to a hundredfold of a small number, some of a whole one, else a choice. */
export function aroundOf(value: unknown): Record<string, unknown> {
  const number = Number(value);
  if (value === "" || typeof value === "boolean" || Number.isNaN(number))
    return { type: "choice", values: typeof value === "boolean" ? [true, false] : [value] };
  if (Number.isInteger(number) && number > 0) {
    const values = [Math.round(number / 2), number, number * 2].filter((each) => each > 0);
    return { type: "choice", values: [...new Set(values)] };
  }
  if (number > 0 && number < 1) {
    const middle = Math.log(number);
    return {
      type: "loguniform",
      min_value: Number((middle - Math.log(10)).toFixed(2)),
      max_value: Number((middle + Math.log(10)).toFixed(2)),
    };
  }
  return {
    ...begun("uniform", {}),
    min_value: number - Math.abs(number || 1),
    max_value: number + Math.abs(number || 1),
  };
}
