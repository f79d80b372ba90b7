/** What the fields of the form share: what the YAML says, its schema, what is wrong, and how to change it. */
import { createContext, useContext, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { at, type Path, type Schema, schemaAt } from "@/pages/author/schema";

export interface Wrong {
  line: number;
  target: string;
  message: string;
  mend: string;
  severity: "error" | "warning";
}

export interface Form {
  /** What the YAML says; the last that could be read. */
  data: unknown;
  schema: Schema;
  set: (path: Path, value: unknown, comment?: string) => void;
  rename: (path: Path, name: string) => void;
  wrong: Wrong[];
}

const Held = createContext<Form | null>(null);
export const FormProvider = Held.Provider;

export function useForm(): Form {
  const form = useContext(Held);
  if (!form) throw new Error("This field stands in no form.");
  return form;
}

export interface Said {
  value: unknown;
  schema: Schema | undefined;
  description: string | undefined;
  /** What is wrong with it, for the field to show. */
  problem: string | undefined;
  set: (value: unknown, comment?: string) => void;
}

/** What stands at a path, and how to change it. */
export function useSaid(path: Path): Said {
  const { data, schema, set, wrong } = useForm();
  const { t } = useTranslation();
  const there = schemaAt(schema, data, path);
  const target = path.join(".");
  const found = wrong.find((each) => each.target === target && each.severity === "error");
  return {
    value: at(data, path),
    schema: there,
    description: there?.description && t(there.description.replaceAll("`", ""), { skipInterpolation: true }),
    problem: found && `${found.message} ${found.mend}`.trim(),
    set: (value, comment) => set(path, value, comment),
  };
}

/** A text that is typed: as it is written while it is, else as `value` says. */
export function useTyped(value: string, commit: (text: string) => void): [string, (text: string) => void] {
  const [text, setText] = useState(value);
  const last = useRef(value);
  useEffect(() => {
    if (value !== last.current) {
      last.current = value;
      setText(value);
    }
  }, [value]);
  const type = (typed: string) => {
    setText(typed);
    last.current = typed;
    commit(typed);
  };
  return [text, type];
}

/** A literal as one types it: a number, true or false, else text. */
export function literalOf(text: string): unknown {
  const said = text.trim();
  if (said === "true" || said === "false") return said === "true";
  if (/^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i.test(said) && String(Number(said)) === said) return Number(said);
  return text;
}

/** A name that nothing in a mapping has yet. */
export function freshName(taken: object | null, word: string): string {
  if (!taken || !(word in taken)) return word;
  let number = 2;
  while (`${word}${number}` in taken) number += 1;
  return `${word}${number}`;
}
