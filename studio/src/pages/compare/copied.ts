/** A comparison as a text to be put elsewhere: Markdown, or CSV. */
import type { Field } from "@/pages/compare/fields";
import { csvLine } from "@/pages/jobs/csv";

/** Sections of a comparison, each with its fields. */
export type Sections = [title: string, fields: Field[]][];

const cell = (value: unknown) =>
  String(value ?? "")
    .replaceAll("\\", "\\\\")
    .replaceAll("|", "\\|")
    .replace(/\s*\n\s*/g, " ");

export function asMarkdown(runs: string[], sections: Sections): string {
  const tables = sections
    .filter(([, fields]) => fields.length)
    .map(([title, fields]) =>
      [
        `| ${cell(title)} | ${runs.map(cell).join(" | ")} |`,
        `|---|${runs.map(() => "---|").join("")}`,
        ...fields.map(({ name, values }) => `| ${cell(name)} | ${values.map(cell).join(" | ")} |`),
      ].join("\n"),
    );
  return `${tables.join("\n\n")}\n`;
}

export function asCsv(runs: string[], sections: Sections): string {
  const lines = sections.flatMap(([title, fields]) =>
    fields.map(({ name, values }) => csvLine([title, name, ...values])),
  );
  return `${[csvLine(["", "", ...runs]), ...lines].join("\r\n")}\r\n`;
}
