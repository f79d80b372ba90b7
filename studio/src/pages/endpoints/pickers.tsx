/** Choosing what a deployment is made of: a registered model, an environment, a script. */
import {
  Button,
  Combobox,
  Field,
  Input,
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  makeStyles,
  Option,
  Select,
  Tab,
  TabList,
  Text,
  tokens,
} from "@fluentui/react-components";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useGet } from "@/api/workspace";
import { PickFiles } from "@/pages/assets/pick";
import { addressOf, useRead } from "@/pages/assets/reads";
import { type Picked, withoutIgnored } from "@/pages/author/upload";
import type { Summary } from "@/pages/models/summary";
import { Editor } from "@/parts/editor";
import { isAnonymous, type Listed } from "./reads";

const useStyles = makeStyles({
  stack: { display: "grid", gap: "16px" },
  pair: { display: "grid", alignItems: "start", gap: "12px", gridTemplateColumns: "minmax(0, 2fr) minmax(110px, 1fr)" },
  files: {
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    maxHeight: "160px",
    overflow: "auto",
  },
  quiet: { color: tokens.colorNeutralForeground3 },
});

interface Container {
  name: string;
  properties: { latestVersion?: string; isArchived?: boolean };
}

interface Version {
  name: string;
  properties: { modelType?: string; modelUri?: string; description?: string };
}

interface PickProps {
  /** `name:version`. */
  value: string;
  set: (value: string) => void;
}

/** A model that was registered, by name and version. */
export function ModelPicker({ value, set }: PickProps) {
  const { t } = useTranslation();
  return (
    <AssetPicker
      collection="models"
      label={t("Model")}
      hint={t("Registered models of this workspace")}
      value={value}
      set={set}
    />
  );
}

export function EnvironmentPicker({ value, set }: PickProps) {
  const { t } = useTranslation();
  return (
    <AssetPicker
      collection="environments"
      label={t("Environment")}
      hint={t("The Python and the packages that it runs with")}
      value={value}
      set={set}
    />
  );
}

interface AssetProps extends PickProps {
  collection: "models" | "environments";
  label: string;
  hint: string;
}

function AssetPicker({ collection, label, hint, value, set }: AssetProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const [name = "", version = ""] = value.split(":");
  const [typed, setTyped] = useState<string | null>(null);
  const listed = useGet<Listed<Container>>(`/${collection}`);
  const versions = useGet<Listed<Version>>(
    `/${collection}/{name}/versions`,
    { params: { path: { name } } },
    { enabled: !!name },
  );
  const known = (listed.data?.value ?? []).filter((each) => !isAnonymous(each.name) && !each.properties.isArchived);
  const shown = typed ? known.filter((each) => each.name.toLowerCase().includes(typed.toLowerCase())) : known;
  return (
    <div className={styles.pair}>
      <Field label={label} hint={hint} required>
        <Combobox
          value={typed ?? name}
          selectedOptions={name ? [name] : []}
          placeholder={listed.isPending ? t("Loading") : t("Choose one")}
          onChange={({ target }) => setTyped(target.value)}
          onBlur={() => setTyped(null)}
          onOptionSelect={(_, { optionValue }) => {
            setTyped(null);
            const found = known.find((each) => each.name === optionValue);
            if (found) set(`${found.name}:${found.properties.latestVersion ?? "1"}`);
          }}
        >
          {shown.map((each) => (
            <Option key={each.name} value={each.name} text={each.name}>
              {each.name}
            </Option>
          ))}
          {!shown.length && (
            <Option disabled value="" text="">
              {t("There is none of this name")}
            </Option>
          )}
        </Combobox>
      </Field>
      <Field label={t("Version")}>
        <Select value={version} disabled={!name} onChange={(_, data) => set(`${name}:${data.value}`)}>
          {[...new Set([version, ...(versions.data?.value ?? []).map((each) => each.name)])]
            .filter(Boolean)
            .map((each) => (
              <option key={each}>{each}</option>
            ))}
        </Select>
      </Field>
    </div>
  );
}

export type Needs = "nothing" | "environment" | "script" | "unknown";

const isMlflow = (type: string | undefined) => type?.toLowerCase() === "mlflow_model";

/** What a model needs beside itself, as far as its type and its files tell. */
export function needsOf(type: string | undefined, path: string | undefined, files: string[] = []): Needs {
  if (!type) return "unknown";
  if (isMlflow(type)) return files.length > 0 && !files.includes("conda.yaml") ? "environment" : "nothing";
  return /\.onnx$/i.test(path ?? "") ? "nothing" : "script";
}

/** What the chosen model needs. */
export function useNeeds(model: string): { needs: Needs; type: string } {
  const [name = "", version = ""] = model.split(":");
  const found = useGet<Version>(
    "/models/{name}/versions/{version}",
    { params: { path: { name, version } } },
    { enabled: !!name && !!version },
  );
  const { modelType = "", modelUri = "" } = found.data?.properties ?? {};
  const summary = useRead<Summary>(`${addressOf("models", name, version)}/summary`, { enabled: isMlflow(modelType) });
  if (isMlflow(modelType) && summary.isPending) return { needs: "unknown", type: modelType };
  const files = summary.data?.files.map(({ path }) => path);
  return { needs: needsOf(modelType, modelUri, files), type: modelType };
}

export function ModelNote({ model }: { model: string }) {
  const { t } = useTranslation();
  const { needs, type } = useNeeds(model);
  if (!model || needs === "unknown") return null;
  const why = {
    script: t("It has init() and run(data), and finds the model below AZUREML_MODEL_DIR."),
    environment: t(
      "The model was saved by MLflow, but has no conda.yaml: choose an environment with mlflow-skinny and what it was trained with.",
    ),
    nothing: isMlflow(type)
      ? t("The model was saved by MLflow: it answers in the environment that it brings along.")
      : t("The model is one ONNX file: it answers in the endpoint's own process."),
  }[needs];
  return (
    <MessageBar intent={needs === "nothing" ? "success" : "info"} layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>{needs === "script" ? t("A script is needed.") : t("No script is needed.")}</MessageBarTitle>
        {why}
      </MessageBarBody>
    </MessageBar>
  );
}

export interface CodeSaid {
  folder: string;
  files: Picked[];
  script: string;
}

export const TEMPLATE = `import json
import os
from pathlib import Path

MODEL = None


def init():
    """Load the model, once for each process."""
    global MODEL
    MODEL = Path(os.environ["AZUREML_MODEL_DIR"])


def run(data):
    """Answer one request."""
    rows = json.loads(data)["data"]
    return [len(row) for row in rows]
`;

/** The script among files that is most likely the one that answers. */
export function likelyScript(files: { path: string }[]): string {
  const scripts = files.map(({ path }) => path).filter((path) => path.endsWith(".py"));
  return (
    scripts.find((path) => /(^|\/)score\.py$/.test(path)) ??
    scripts.find((path) => /scor/.test(path)) ??
    scripts[0] ??
    ""
  );
}

interface CodeProps {
  said: CodeSaid;
  set: (said: CodeSaid) => void;
  template?: string;
}

/** A script: a folder or files of this machine, or written here. */
export function CodePicker({ said, set, template = TEMPLATE }: CodeProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const [way, setWay] = useState<"upload" | "write">("upload");
  const [text, setText] = useState(template);
  const take = async (folder: string, picked: Picked[]) => {
    const files = await withoutIgnored(picked);
    set({ folder, files, script: likelyScript(files) });
  };
  const write = (next: string) => {
    setText(next);
    set({ folder: "src", files: [{ path: "score.py", file: new File([next], "score.py") }], script: "score.py" });
  };
  return (
    <div className={styles.stack}>
      <TabList
        size="small"
        selectedValue={way}
        onTabSelect={(_, { value }) => {
          setWay(value as "upload" | "write");
          if (value === "write") write(text);
          else set({ folder: "", files: [], script: "" });
        }}
      >
        <Tab value="upload">{t("Upload a script")}</Tab>
        <Tab value="write">{t("Write it here")}</Tab>
      </TabList>
      {way === "write" ? (
        <Editor label="score.py" language="python" value={text} onChange={write} height={280} />
      ) : (
        <>
          <PickFiles take={({ name, picked }) => void take(name, picked)} picked={said.files} />
          {said.files.length > 0 && (
            <>
              <div className={styles.files}>
                {said.files.map(({ path }) => (
                  <div key={path}>{path}</div>
                ))}
              </div>
              <Field label={t("Scoring script")} required>
                <Select value={said.script} onChange={(_, { value }) => set({ ...said, script: value })}>
                  <option value="" />
                  {said.files.map(({ path }) => (
                    <option key={path}>{path}</option>
                  ))}
                </Select>
              </Field>
            </>
          )}
        </>
      )}
    </div>
  );
}

/** Pairs of name and value: environment variables, parameters. */
export function Pairs({
  of,
  set,
  label,
}: {
  of: [string, string][];
  set: (pairs: [string, string][]) => void;
  label: string;
}) {
  const { t } = useTranslation();
  const put = (index: number, pair: [string, string]) => set(of.map((each, at) => (at === index ? pair : each)));
  return (
    <div style={{ display: "grid", gap: 8 }}>
      <Text weight="semibold">{label}</Text>
      {of.map(([name, value], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a pair is its place
        <div key={index} style={{ display: "flex", gap: 8 }}>
          <Input
            aria-label={t("Name")}
            placeholder={t("Name")}
            value={name}
            onChange={(_, data) => put(index, [data.value, value])}
          />
          <Input
            aria-label={t("Value")}
            placeholder={t("Value")}
            value={value}
            onChange={(_, data) => put(index, [name, data.value])}
          />
          <Button appearance="subtle" onClick={() => set(of.filter((_, at) => at !== index))}>
            {t("Remove")}
          </Button>
        </div>
      ))}
      <div>
        <Button size="small" onClick={() => set([...of, ["", ""]])}>
          {t("Add")}
        </Button>
      </div>
    </div>
  );
}
