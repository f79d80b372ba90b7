/** The desk at which a job is written: form at the left, YAML at the right, what is wrong below it. */
import {
  Button,
  Menu,
  MenuDivider,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  mergeClasses,
  Spinner,
  Text,
  ToggleButton,
  Tooltip,
  tokens,
} from "@fluentui/react-components";
import {
  ArrowDownload20Regular,
  Code20Regular,
  DocumentAdd20Regular,
  Form20Regular,
  Play20Filled,
} from "@fluentui/react-icons";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useWorkspace } from "@/api/workspace";
import { useWrong } from "@/pages/author/check";
import { completions, hoverAt } from "@/pages/author/complete";
import { keepDraft } from "@/pages/author/draft";
import { type Form, FormProvider, type Wrong } from "@/pages/author/form";
import { useKnown } from "@/pages/author/names";
import { Problems } from "@/pages/author/problems";
import type { Schema } from "@/pages/author/schema";
import { JobForm } from "@/pages/author/sections";
import type { Template } from "@/pages/author/templates";
import { useSubmit, useYaml } from "@/pages/author/yaml";
import { Editor } from "@/parts/editor";
import { keep } from "@/parts/keep";
import { Page } from "@/parts/page";

const useStyles = makeStyles({
  desk: { flex: 1, minHeight: 0, display: "grid", gap: "16px", padding: "12px 24px 16px" },
  both: { gridTemplateColumns: "minmax(380px, 5fr) minmax(0, 6fr)" },
  form: {
    overflowY: "auto",
    minWidth: 0,
    paddingRight: "8px",
    scrollbarGutter: "stable",
    "& .fui-Field": { gridTemplateColumns: "minmax(0, 1fr)" }, // a long word in a field makes no field wider
    "& .fui-Combobox, & .fui-Dropdown, & .fui-Input, & .fui-Combobox__input": { minWidth: 0 },
  },
  alone: { maxWidth: "760px" },
  yaml: { display: "flex", flexDirection: "column", gap: "8px", minHeight: 0, minWidth: 0 },
  editor: { flex: 1, minHeight: 0 },
});

type View = "both" | "form" | "yaml";
const VIEW = "lazuli.author.view";

/** Ctrl-Enter submits, also from within the editor, which has a meaning of its own for it. */
function useSubmitKey(submit: () => void) {
  const now = useRef(submit);
  now.current = submit;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      event.stopPropagation();
      now.current();
    };
    window.addEventListener("keydown", pressed, true);
    return () => window.removeEventListener("keydown", pressed, true);
  }, []);
}

export function Desk({ begun, schema, templates }: { begun: string; schema: Schema; templates: Template[] }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const workspace = useWorkspace();
  const known = useKnown();
  const { text, setText, said, data, set, rename } = useYaml(begun);
  const { wrong: found, isChecked } = useWrong(text, said, schema, t);
  const [refused, setRefused] = useState<{ text: string; wrong: Wrong[] } | null>(null);
  const [goTo, setGoTo] = useState<{ line: number } | null>(null);
  const [view, setView] = useState<View>(() => (localStorage.getItem(VIEW) as View) ?? "both");
  const wrong = refused?.text === text ? refused.wrong : found;
  const { submit, isSending } = useSubmit(text, (all) => {
    setRefused({ text, wrong: all });
    if (all[0]) setGoTo({ line: all[0].line });
  });
  useEffect(() => {
    if (text !== begun) keepDraft(workspace.id, text);
  }, [text, begun, workspace.id]);
  useSubmitKey(submit);
  const form = useMemo((): Form => ({ data, schema, set, rename, wrong }), [data, schema, set, rename, wrong]);
  const complete = useCallback(
    (whole: string, line: number, column: number) => completions(schema, known, whole, line, column),
    [schema, known],
  );
  const hover = useCallback(
    (whole: string, line: number, column: number) => hoverAt(schema, whole, line, column),
    [schema],
  );
  const show = (next: View) => {
    localStorage.setItem(VIEW, next);
    setView(next);
  };
  const actions = (
    <>
      <Views view={view} show={show} />
      <StartFrom templates={templates} begin={setText} />
      <Tooltip content={t("Download the YAML")} relationship="label">
        <Button
          appearance="subtle"
          icon={<ArrowDownload20Regular />}
          onClick={() => keep("job.yml", text, "application/yaml")}
        />
      </Tooltip>
      <Button
        appearance="primary"
        icon={isSending ? <Spinner size="tiny" /> : <Play20Filled />}
        disabled={isSending || said.errors.length > 0 || !text.trim()}
        onClick={submit}
      >
        {t("Submit")}
      </Button>
    </>
  );
  return (
    <Page title={t("New job")} actions={actions} full>
      <div className={mergeClasses(styles.desk, view === "both" && styles.both)}>
        {view !== "yaml" && (
          <div className={mergeClasses(styles.form, view === "form" && styles.alone)}>
            <FormProvider value={form}>
              <JobForm isBroken={said.errors.length > 0} />
            </FormProvider>
          </div>
        )}
        {view !== "form" && (
          <div className={styles.yaml}>
            <div className={styles.editor}>
              <Editor
                label={t("The job as YAML")}
                value={text}
                onChange={setText}
                markers={wrong.map(marker)}
                complete={complete}
                hover={hover}
                goTo={goTo}
              />
            </div>
            <Problems wrong={wrong} isChecked={isChecked} goTo={(line) => setGoTo({ line })} />
          </div>
        )}
        {view === "form" && wrong.length > 0 && (
          <Problems wrong={wrong} isChecked={isChecked} goTo={() => show("both")} />
        )}
      </div>
    </Page>
  );
}

const marker = ({ line, message, mend, severity }: Wrong) => ({ line, severity, message: `${message} ${mend}`.trim() });

function Views({ view, show }: { view: View; show: (view: View) => void }) {
  const { t } = useTranslation();
  const isOn = (side: View) => view === "both" || view === side;
  const toggle = (side: "form" | "yaml", other: "form" | "yaml") =>
    show(view === "both" ? other : view === side ? side : "both");
  return (
    <>
      <Tooltip content={isOn("form") ? t("Hide the form") : t("Show the form")} relationship="label">
        <ToggleButton
          appearance="subtle"
          icon={<Form20Regular />}
          checked={isOn("form")}
          onClick={() => toggle("form", "yaml")}
        />
      </Tooltip>
      <Tooltip content={isOn("yaml") ? t("Hide the YAML") : t("Show the YAML")} relationship="label">
        <ToggleButton
          appearance="subtle"
          icon={<Code20Regular />}
          checked={isOn("yaml")}
          onClick={() => toggle("yaml", "form")}
        />
      </Tooltip>
    </>
  );
}

/** What one can begin with; what was there can be had back by undo in the YAML. */
function StartFrom({ templates, begin }: { templates: Template[]; begin: (text: string) => void }) {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const file = useRef<HTMLInputElement>(null);
  const read = async (chosen: File | undefined) => {
    if (chosen) begin(await chosen.text());
  };
  return (
    <>
      <Menu>
        <MenuTrigger>
          <Button icon={<DocumentAdd20Regular />}>{t("Start from")}</Button>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {templates.map(({ key, title, about, yaml }) => (
              <MenuItem key={key} onClick={() => begin(yaml)}>
                {title}
                <Text block size={200} style={{ color: tokens.colorNeutralForeground3 }}>
                  {about}
                </Text>
              </MenuItem>
            ))}
            <MenuDivider />
            <MenuItem onClick={() => file.current?.click()}>{t("A YAML file of this machine…")}</MenuItem>
            <MenuItem onClick={() => navigate(to("new", "sweep"))}>{t("The sweep wizard")}</MenuItem>
            <MenuItem onClick={() => begin("type: command\n")}>{t("Nothing")}</MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
      <input
        ref={file}
        type="file"
        accept=".yml,.yaml"
        hidden
        aria-label={t("A YAML file of this machine…")}
        onChange={(event) => {
          void read(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
    </>
  );
}
