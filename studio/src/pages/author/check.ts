/** What is wrong with the YAML: at once what the schema tells, a moment later what the server tells. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { useEffect, useState } from "react";
import { fetched } from "@/api/client";
import { useWorkspace, type Workspace } from "@/api/workspace";
import type { Wrong } from "@/pages/author/form";
import { type Fault, faultsOf, type Schema } from "@/pages/author/schema";
import { lineOf, type Parsed } from "@/pages/author/text";

const PAUSE = 500;

/** The server's answer on a YAML text. */
export async function check({ id }: Workspace, text: string, signal?: AbortSignal): Promise<Wrong[]> {
  const headers = { "Content-Type": "application/yaml" };
  const answer = await fetched(`${id}/jobFile/check`, { method: "POST", headers, body: text, signal });
  return (await answer.json()).problems;
}

/** Everything that is wrong with a text now, by its lines; `isChecked` when the server has looked at it. */
export function useWrong(text: string, said: Parsed, schema: Schema | undefined, t: TFunction) {
  const workspace = useWorkspace();
  const settled = useSettled(text);
  const isYaml = said.errors.length === 0 && said.data !== null && said.data !== undefined;
  const asked = useQuery<Wrong[]>({
    queryKey: [workspace.id, "/jobFile/check", settled],
    queryFn: ({ signal }) => check(workspace, settled, signal),
    enabled: isYaml && settled.trim() !== "",
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    retry: false,
  });
  if (said.errors.length > 0)
    return {
      isChecked: true,
      wrong: said.errors.map(
        ({ line, message }): Wrong => ({ line, target: "", message, mend: "", severity: "error" }),
      ),
    };
  const isChecked = !isYaml || (settled === text && !asked.isPlaceholderData && asked.data !== undefined);
  if (isChecked) return { isChecked, wrong: isYaml ? (asked.data ?? []) : [] };
  const faults = schema ? faultsOf(schema, said.data ?? {}) : [];
  return { isChecked, wrong: faults.map((fault) => told(fault, said, t)) };
}

function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

function told({ path, kind, wanted }: Fault, said: Parsed, t: TFunction): Wrong {
  const key = String(path.at(-1) ?? "");
  const some = wanted.slice(0, 12).join(", ");
  const words = {
    unknown: t("'{{key}}' is not a known key.", { key }),
    missing: t("'{{some}}' is required.", { some }),
    word: t("'{{key}}' is one of: {{some}}.", { key, some }),
    type: t("'{{key}}' is not of the type {{some}}.", { key, some }),
    range: t("'{{key}}' lies outside of {{some}}.", { key, some }),
  };
  const target = kind === "missing" ? [...path, ...wanted].join(".") : path.join(".");
  return {
    line: lineOf(said, path),
    target,
    message: words[kind],
    mend: "",
    severity: kind === "unknown" ? "warning" : "error",
  };
}
