/** A YAML text that is written: what it says, how it is changed, how it is sent. */
import { useCallback, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { fetched } from "@/api/client";
import { asProblem } from "@/api/problem";
import { useChange, useWorkspace } from "@/api/workspace";
import { check } from "@/pages/author/check";
import { forgetDraft } from "@/pages/author/draft";
import type { Wrong } from "@/pages/author/form";
import type { Path } from "@/pages/author/schema";
import { edited, parsed, renamed } from "@/pages/author/text";
import { useTell, useTellProblem } from "@/shell/told";

/** A text with the last of its readings that was YAML, and changes by path. */
export function useYaml(begun: string) {
  const [text, setText] = useState(begun);
  const said = useMemo(() => parsed(text), [text]);
  const last = useRef<unknown>({});
  if (said.errors.length === 0) last.current = said.data ?? {};
  const set = useCallback(
    (path: Path, value: unknown, comment?: string) => setText((now) => edited(now, path, value, comment)),
    [],
  );
  const rename = useCallback((path: Path, name: string) => setText((now) => renamed(now, path, name)), []);
  return { text, setText, said, data: last.current, set, rename };
}

/** Sends a YAML text; `told` hears what is wrong where the server refuses it. */
export function useSubmit(text: string, told: (wrong: Wrong[]) => void) {
  const { t } = useTranslation();
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const tell = useTell();
  const tellProblem = useTellProblem();
  const sending = useChange(async (_: undefined, { id }) => {
    const headers = { "Content-Type": "application/yaml" };
    return (await fetched(`${id}/jobFile`, { method: "POST", headers, body: text })).json() as Promise<{
      name: string;
    }>;
  });
  const submit = async () => {
    try {
      const wrong = await check(workspace, text);
      if (wrong.some(({ severity }) => severity === "error")) return told(wrong);
      const { name } = await sending.mutateAsync(undefined);
      forgetDraft(workspace.id);
      tell({ title: t("Submitted: {{name}}", { name }) });
      navigate(workspace.to("jobs", name));
    } catch (error) {
      const { message, mend, target } = asProblem(error);
      const found = /^job\.yml:(\d+): (.*)$/s.exec(message);
      if (!found) return tellProblem(error);
      told([{ line: Number(found[1]), message: found[2] ?? "", mend, target, severity: "error" }]);
    }
  };
  return { submit, isSending: sending.isPending };
}
