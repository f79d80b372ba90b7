/** What a job reads and writes: a row for each input and output. */
import { Button, Combobox, Dropdown, Input, makeStyles, Option, tokens } from "@fluentui/react-components";
import { Add16Regular } from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import { Labelled, Remove } from "@/pages/author/fields";
import { freshName, literalOf, useForm, useSaid, useTyped } from "@/pages/author/form";
import { useKnown } from "@/pages/author/names";
import { mapOf, type Path } from "@/pages/author/schema";

const KINDS = ["uri_file", "uri_folder", "mltable", "mlflow_model", "custom_model", "triton_model"];
const MODES = { inputs: ["ro_mount", "download", "direct"], outputs: ["rw_mount", "upload"] };

const useStyles = makeStyles({
  rows: { display: "grid", gap: "8px" },
  row: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) 132px auto",
    gap: "4px",
    padding: "8px",
    backgroundColor: tokens.colorNeutralBackground2,
    borderRadius: tokens.borderRadiusMedium,
  },
  below: { gridColumn: "1 / -1", display: "grid", gridTemplateColumns: "minmax(0, 1fr) 132px", gap: "4px" },
  slim: { minWidth: 0, width: "100%" },
  add: { justifySelf: "start" },
});

/** The inputs, or the outputs, at a path. */
export function Puts({ path, side, label }: { path: Path; side: "inputs" | "outputs"; label: string }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const { value, set } = useSaid(path);
  const map = mapOf(value);
  const add = () =>
    set({
      ...map,
      [freshName(map, side === "inputs" ? "input" : "output")]: side === "inputs" ? "" : { type: "uri_folder" },
    });
  return (
    <Labelled path={path} label={label}>
      <div className={styles.rows}>
        {Object.keys(map ?? {}).map((name, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row keeps its place while its name is typed
          <Put key={index} path={path} name={name} side={side} />
        ))}
        <Button size="small" appearance="subtle" icon={<Add16Regular />} className={styles.add} onClick={add}>
          {side === "inputs" ? t("Add an input") : t("Add an output")}
        </Button>
      </div>
    </Labelled>
  );
}

function Put({ path, name, side }: { path: Path; name: string; side: "inputs" | "outputs" }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const { set, rename } = useForm();
  const own = [...path, name];
  const { value } = useSaid(own);
  const map = mapOf(value);
  const kind = map
    ? String(map.type ?? (side === "inputs" && "value" in map ? "literal" : "uri_folder"))
    : side === "inputs"
      ? "literal"
      : "uri_folder";
  const [key, typeKey] = useTyped(name, (typed) => typed.trim() && rename(own, typed.trim()));
  const choose = (chosen: string) => {
    if (chosen === "literal") set(own, map?.value ?? "");
    else set(own, { ...map, type: chosen, ...(side === "inputs" ? { path: map?.path ?? "" } : {}) });
  };
  return (
    <div className={styles.row}>
      <Input
        size="small"
        aria-label={t("Name")}
        value={key}
        onChange={(_, data) => typeKey(data.value)}
        className={styles.slim}
      />
      <Dropdown
        size="small"
        aria-label={t("Type of {{name}}", { name })}
        value={kind}
        selectedOptions={[kind]}
        className={styles.slim}
        onOptionSelect={(_, { optionValue }) => choose(optionValue ?? "literal")}
      >
        {side === "inputs" && <Option value="literal">literal</Option>}
        {KINDS.map((word) => (
          <Option key={word}>{word}</Option>
        ))}
      </Dropdown>
      <Remove name={name} act={() => set(own, undefined)} />
      <div className={styles.below}>
        {kind === "literal" ? (
          <Literal path={map ? [...own, "value"] : own} name={name} />
        ) : (
          <>
            <Place path={own} kind={kind} name={name} side={side} />
            <Mode path={[...own, "mode"]} side={side} />
          </>
        )}
      </div>
    </div>
  );
}

function Literal({ path, name }: { path: Path; name: string }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const { value, set } = useSaid(path);
  const said = value === undefined || value === null ? "" : String(value);
  const [text, type] = useTyped(said, (typed) => set(literalOf(typed)));
  const bindings = bindingsAt(useForm().data, path);
  const shared = {
    size: "small",
    "aria-label": t("Value of {{name}}", { name }),
    placeholder: t("Value"),
    value: text,
    className: styles.slim,
    style: { gridColumn: "1 / -1" },
  } as const;
  if (bindings.length === 0) return <Input {...shared} onChange={(_, data) => type(data.value)} />;
  return (
    <Combobox
      freeform
      {...shared}
      selectedOptions={[text]}
      onChange={(event) => type(event.target.value)}
      onOptionSelect={(_, { optionValue }) => optionValue !== undefined && type(optionValue)}
    >
      {bindings.map((each) => (
        <Option key={each}>{each}</Option>
      ))}
    </Combobox>
  );
}

/** What a step may be given: what the pipeline itself is, and what its other steps leave. Outside of steps nothing. */
export function bindingsAt(data: unknown, [jobs, own]: Path): string[] {
  if (jobs !== "jobs") return [];
  const keys = (value: unknown) => Object.keys(mapOf(value) ?? {});
  const whole = mapOf(data) ?? {};
  const steps = Object.entries(mapOf(whole.jobs) ?? {}).filter(([name]) => name !== own);
  return [
    ...keys(whole.inputs).map((input) => `\${{parent.inputs.${input}}}`),
    ...steps.flatMap(([name, step]) =>
      keys(mapOf(step)?.outputs).map((output) => `\${{parent.jobs.${name}.outputs.${output}}}`),
    ),
  ];
}

/** What an input reads: an asset that is there, or a place. What an output is kept as, where it is to become an asset. */
function Place({ path, kind, name, side }: { path: Path; kind: string; name: string; side: "inputs" | "outputs" }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const { listed } = useKnown();
  const isInput = side === "inputs";
  const own = [...path, isInput ? "path" : "name"];
  const { value } = useSaid(own);
  const { data, set } = useForm();
  const whole = useSaid(path).value;
  const commit = (typed: string) => {
    const said = typed.trim() === "" && !isInput ? undefined : typed;
    if (mapOf(whole)) set(own, said);
    else if (said !== undefined) set(path, { type: kind, [isInput ? "path" : "name"]: said });
  };
  const [text, type] = useTyped(String(value ?? ""), commit);
  const assets = kind.endsWith("_model") ? listed.models : listed.data;
  const bindings = isInput ? bindingsAt(data, path) : [];
  const choices = isInput ? assets.map((each) => `azureml:${each.name}@latest`) : assets.map((each) => each.name);
  return (
    <Combobox
      freeform
      size="small"
      aria-label={isInput ? t("Path of {{name}}", { name }) : t("Register {{name}} as", { name })}
      placeholder={isInput ? "azureml:name@latest, azureml://…, https://…" : t("Register as (optional)")}
      value={text}
      selectedOptions={[text]}
      className={styles.slim}
      onChange={(event) => type(event.target.value)}
      onOptionSelect={(_, { optionValue = "" }) =>
        bindings.includes(optionValue) ? set(path, optionValue) : type(optionValue)
      }
    >
      {[...bindings, ...choices].map((each) => (
        <Option key={each}>{each}</Option>
      ))}
    </Combobox>
  );
}

function Mode({ path, side }: { path: Path; side: "inputs" | "outputs" }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const { value, set } = useSaid(path);
  return (
    <Dropdown
      size="small"
      aria-label={t("Mode")}
      placeholder={t("Mode")}
      value={String(value ?? "")}
      selectedOptions={[String(value ?? "")]}
      className={styles.slim}
      onOptionSelect={(_, { optionValue }) => set(optionValue || undefined)}
    >
      <Option value="">{t("Not said")}</Option>
      {MODES[side].map((mode) => (
        <Option key={mode}>{mode}</Option>
      ))}
    </Dropdown>
  );
}
