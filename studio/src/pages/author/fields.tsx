/** Fields of the form: one for each shape of value, drawn from the schema where nothing special is known of it. */
import {
  Button,
  Dropdown,
  Field,
  InfoLabel,
  Input,
  type LabelProps,
  makeStyles,
  Option,
  Switch,
  Textarea,
  Tooltip,
  tokens,
} from "@fluentui/react-components";
import { Add16Regular, Dismiss16Regular } from "@fluentui/react-icons";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { freshName, literalOf, useForm, useSaid, useTyped } from "@/pages/author/form";
import { keysOf, mapOf, meant, type Path, wordsOf } from "@/pages/author/schema";

export const useStyles = makeStyles({
  mono: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
  pair: { display: "grid", gridTemplateColumns: "minmax(0, 2fr) minmax(0, 3fr) auto", gap: "4px", alignItems: "start" },
  rows: { display: "grid", gap: "6px", justifyItems: "stretch" },
  add: { justifySelf: "start" },
  two: { display: "grid", gridTemplateColumns: "repeat(2, minmax(0, 1fr))", gap: "12px", alignItems: "start" },
  inner: {
    display: "grid",
    gap: "10px",
    paddingLeft: "12px",
    borderLeft: `2px solid ${tokens.colorNeutralStroke2}`,
  },
});

/** A field with its name, what it is for on a click, and what is wrong with it. */
export function Labelled({
  path,
  label,
  isRequired,
  hint,
  children,
}: {
  path: Path;
  label: string;
  isRequired?: boolean;
  hint?: string;
  children: ReactNode;
}) {
  const { description, problem } = useSaid(path);
  return (
    <Field
      label={
        description && label
          ? {
              children: (_: unknown, props: LabelProps) => (
                <InfoLabel {...props} info={description}>
                  {label}
                </InfoLabel>
              ),
            }
          : label
      }
      required={isRequired}
      hint={hint}
      validationMessage={problem}
      validationState={problem ? "error" : "none"}
    >
      {children as never}
    </Field>
  );
}

interface Props {
  path: Path;
  label: string;
  isRequired?: boolean;
  hint?: string;
  placeholder?: string;
}

/** A text; an empty one is not said. */
export function TextField({ placeholder, isMono, rows, ...rest }: Props & { isMono?: boolean; rows?: number }) {
  const { value, set } = useSaid(rest.path);
  const styles = useStyles();
  const said = value === undefined || value === null || typeof value === "object" ? "" : String(value);
  const [text, type] = useTyped(said, (typed) => set(typed === "" ? undefined : typed));
  const shared = { value: text, placeholder };
  const inner = isMono ? { className: styles.mono, spellCheck: false } : undefined;
  return (
    <Labelled {...rest}>
      {rows ? (
        <Textarea {...shared} textarea={inner} resize="vertical" rows={rows} onChange={(_, data) => type(data.value)} />
      ) : (
        <Input {...shared} input={inner} onChange={(_, data) => type(data.value)} />
      )}
    </Labelled>
  );
}

/** A number; what is no number yet is not said. */
export function NumberField({ placeholder, isWhole = true, ...rest }: Props & { isWhole?: boolean }) {
  const { value, set } = useSaid(rest.path);
  const commit = (typed: string) => {
    const said = typed.trim() === "" ? undefined : Number(typed);
    if (said === undefined || (!Number.isNaN(said) && (!isWhole || Number.isInteger(said)))) set(said);
  };
  const [text, type] = useTyped(value === undefined || value === null ? "" : String(value), commit);
  return (
    <Labelled {...rest}>
      <Input
        value={text}
        placeholder={placeholder}
        inputMode="decimal"
        onChange={(_, data) => type(data.value)}
        style={{ fontVariantNumeric: "tabular-nums" }}
      />
    </Labelled>
  );
}

/** One of the schema's words. */
export function WordField({ words, ...rest }: Props & { words?: string[] }) {
  const { t } = useTranslation();
  const { schema: root } = useForm();
  const { value, set, schema } = useSaid(rest.path);
  const choices = words ?? wordsOf(schema, root).map(String);
  const said = value === undefined || value === null ? "" : String(value);
  const given = schema?.default === undefined || schema.default === null ? "" : String(schema.default);
  return (
    <Labelled {...rest}>
      <Dropdown
        value={said}
        selectedOptions={[said]}
        placeholder={rest.placeholder ?? (given || t("Not said"))}
        onOptionSelect={(_, { optionValue }) => set(optionValue || undefined)}
      >
        {!rest.isRequired && <Option value="">{given ? t("Not said ({{given}})", { given }) : t("Not said")}</Option>}
        {choices.map((word) => (
          <Option key={word} value={word}>
            {word}
          </Option>
        ))}
      </Dropdown>
    </Labelled>
  );
}

/** Yes or no. */
export function SwitchField({ path, label, hint }: Props) {
  const { value, set, schema } = useSaid(path);
  return (
    <Labelled path={path} label="" hint={hint}>
      <Switch
        label={label}
        checked={value === true || (value === undefined && schema?.default === true)}
        onChange={(_, { checked }) => set(checked)}
      />
    </Labelled>
  );
}

/** Names with texts: tags, variables. */
export function MapField({ path, label, word }: Props & { word: string }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const { value, set } = useSaid(path);
  const map = mapOf(value);
  return (
    <Labelled path={path} label={label}>
      <div className={styles.rows}>
        {Object.keys(map ?? {}).map((name, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row keeps its place while its name is typed
          <Pair key={index} path={path} name={name} />
        ))}
        <Button
          size="small"
          appearance="subtle"
          icon={<Add16Regular />}
          className={styles.add}
          onClick={() => set({ ...map, [freshName(map, word)]: "" })}
        >
          {t("Add")}
        </Button>
      </div>
    </Labelled>
  );
}

function Pair({ path, name }: { path: Path; name: string }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const { set, rename } = useForm();
  const own = [...path, name];
  const { value } = useSaid(own);
  const [key, typeKey] = useTyped(name, (typed) => typed.trim() && rename(own, typed.trim()));
  const [text, type] = useTyped(value === undefined || value === null ? "" : String(value), (typed) => set(own, typed));
  return (
    <div className={styles.pair}>
      <Input size="small" aria-label={t("Name")} value={key} onChange={(_, data) => typeKey(data.value)} />
      <Input
        size="small"
        aria-label={t("Value of {{name}}", { name })}
        value={text}
        onChange={(_, data) => type(data.value)}
      />
      <Remove name={name} act={() => set(own, undefined)} />
    </div>
  );
}

export function Remove({ name, act }: { name: string; act: () => void }) {
  const { t } = useTranslation();
  return (
    <Tooltip content={t("Remove {{name}}", { name })} relationship="label">
      <Button size="small" appearance="subtle" icon={<Dismiss16Regular />} onClick={act} />
    </Tooltip>
  );
}

/** Any value, as its schema describes it. What only YAML says well is left to the YAML. */
export function SchemaField({ path, label }: { path: Path; label?: string }) {
  const { schema: root } = useForm();
  const { value, schema } = useSaid(path);
  const { t } = useTranslation();
  const styles = useStyles();
  const name = label ?? wordy(String(path.at(-1)));
  if (!schema) return null;
  const types = [schema.type ?? []].flat();
  if (schema.enum && !(types.includes("object") && mapOf(value))) return <WordField path={path} label={name} />;
  const inner = keysOf(meant(schema, root, value ?? {}));
  if (inner.length > 0 && !types.includes("string"))
    return (
      <Labelled path={path} label={name}>
        <div className={styles.inner}>
          {inner.map(({ key }) => (
            <SchemaField key={key} path={[...path, key]} />
          ))}
        </div>
      </Labelled>
    );
  if (types.includes("boolean") && !types.includes("string")) return <SwitchField path={path} label={name} />;
  if (types.includes("integer")) return <NumberField path={path} label={name} />;
  if (types.includes("number") && !types.includes("string"))
    return <NumberField path={path} label={name} isWhole={false} />;
  if (types.includes("object") && typeof schema.additionalProperties === "object")
    return wordsLike(schema.additionalProperties.type) ? (
      <MapField path={path} label={name} word="name" />
    ) : (
      <Labelled path={path} label={name} hint={t("Write it in the YAML.")}>
        <span />
      </Labelled>
    );
  if (types.includes("array")) return <ListField path={path} label={name} />;
  return <TextField path={path} label={name} />;
}

const wordsLike = (type: string | string[] | undefined) => [type ?? []].flat().includes("string");

/** A list of words, one a line. */
export function ListField({ path, label }: Props) {
  const { value, set } = useSaid(path);
  const lines = Array.isArray(value)
    ? value.map((each) => (typeof each === "object" ? JSON.stringify(each) : String(each)))
    : [];
  const [text, type] = useTyped(lines.join("\n"), (typed) => {
    const said = typed.split("\n").filter((line) => line.trim());
    set(said.length ? said.map(literalOf) : undefined);
  });
  const { t } = useTranslation();
  return (
    <Labelled path={path} label={label} hint={t("One a line")}>
      <Textarea value={text} onChange={(_, data) => type(data.value)} rows={2} resize="vertical" />
    </Labelled>
  );
}

/** `max_total_trials` as one reads it. */
export function wordy(key: string): string {
  const words = key.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
