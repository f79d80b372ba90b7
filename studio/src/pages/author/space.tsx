/** The search space: a row for each hyperparameter, with a picture of how it is drawn. */
import { Button, Dropdown, Field, Input, makeStyles, Option, Text, tokens } from "@fluentui/react-components";
import { Add16Regular } from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import { begun, DISTRIBUTIONS, FIELDS, pictureOf } from "@/pages/author/drawn";
import { Labelled, Remove } from "@/pages/author/fields";
import { freshName, literalOf, useForm, useSaid, useTyped } from "@/pages/author/form";
import { mapOf, type Path } from "@/pages/author/schema";

const useStyles = makeStyles({
  rows: { display: "grid", gap: "8px" },
  row: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) minmax(0, 1fr) auto",
    gap: "6px",
    padding: "8px",
    backgroundColor: tokens.colorNeutralBackground2,
    borderRadius: tokens.borderRadiusMedium,
  },
  fields: {
    gridColumn: "1 / -1",
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) 148px",
    gap: "12px",
    alignItems: "end",
  },
  numbers: { display: "flex", gap: "6px", minWidth: 0 },
  one: { minWidth: 0, flex: "1 1 0", display: "grid", gap: "2px" },
  slim: { minWidth: 0, width: "100%" },
  small: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, whiteSpace: "nowrap" },
  ends: { display: "flex", justifyContent: "space-between", fontVariantNumeric: "tabular-nums" },
  add: { justifySelf: "start" },
});

export function SpaceField({ path, label }: { path: Path; label: string }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const { value, set } = useSaid(path);
  const map = mapOf(value);
  return (
    <Labelled path={path} label={label} isRequired>
      <div className={styles.rows}>
        {Object.keys(map ?? {}).map((name, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row keeps its place while its name is typed
          <Row key={index} path={path} name={name} />
        ))}
        <Button
          size="small"
          appearance="subtle"
          icon={<Add16Regular />}
          className={styles.add}
          onClick={() => set({ ...map, [freshName(map, "param")]: begun("uniform", {}) })}
        >
          {t("Add a hyperparameter")}
        </Button>
      </div>
    </Labelled>
  );
}

function Row({ path, name }: { path: Path; name: string }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const { set, rename } = useForm();
  const own = [...path, name];
  const { value, problem } = useSaid(own);
  const map = mapOf(value);
  const type = map ? String(map.type ?? "") : "fixed";
  const [key, typeKey] = useTyped(name, (typed) => typed.trim() && rename(own, typed.trim()));
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
        aria-label={t("Distribution of {{name}}", { name })}
        value={type}
        selectedOptions={[type]}
        className={styles.slim}
        onOptionSelect={(_, { optionValue = "" }) =>
          set(own, optionValue === "fixed" ? 1 : begun(optionValue, map ?? {}))
        }
      >
        {[...DISTRIBUTIONS, "fixed"].map((word) => (
          <Option key={word}>{word}</Option>
        ))}
      </Dropdown>
      <Remove name={name} act={() => set(own, undefined)} />
      <div className={styles.fields}>
        <div className={styles.numbers}>
          {map ? (
            (FIELDS[type] ?? []).map((field) => <Argument key={field} path={[...own, field]} />)
          ) : (
            <Argument path={own} />
          )}
        </div>
        {map && <Sketch said={map} />}
      </div>
      {problem && (
        <Text size={200} style={{ gridColumn: "1 / -1", color: tokens.colorPaletteRedForeground1 }}>
          {problem}
        </Text>
      )}
    </div>
  );
}

/** One field of a distribution; `values` are written with commas between them. */
function Argument({ path }: { path: Path }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const { value, set, problem } = useSaid(path);
  const words: Record<string, string> = {
    values: t("Values, with commas"),
    upper: t("Below"),
    min_value: t("From"),
    max_value: t("To"),
    q: t("Rounded to"),
    mu: t("Mean"),
    sigma: t("Spread"),
  };
  const label = words[String(path.at(-1))] ?? t("Value");
  const isNested = Array.isArray(value) && value.some((each) => each && typeof each === "object");
  const said = Array.isArray(value)
    ? value.map((each) => (typeof each === "object" ? "{…}" : String(each))).join(", ")
    : String(value ?? "");
  const isList = path.at(-1) === "values";
  const [text, type] = useTyped(said, (typed) =>
    set(
      isList
        ? typed
            .split(",")
            .map((each) => literalOf(each.trim()))
            .filter((each) => each !== "")
        : literalOf(typed),
    ),
  );
  return (
    <Field size="small" label={label} className={styles.one} validationState={problem ? "error" : "none"}>
      <Input
        size="small"
        value={text}
        disabled={isNested}
        onChange={(_, data) => type(data.value)}
        className={styles.slim}
      />
    </Field>
  );
}

const [WIDE, HIGH] = [148, 34];

/** A small picture of a distribution. */
export function Sketch({ said }: { said: Record<string, unknown> }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const picture = pictureOf(said);
  if (!picture) return <span className={styles.small}>–</span>;
  const { heights, isBars, ends, isLog } = picture;
  const label = t("{{type}} from {{from}} to {{to}}", { type: String(said.type), from: ends[0], to: ends[1] });
  const gap = WIDE / heights.length;
  const line = heights.map(
    (height, index) => `${(index * WIDE) / (heights.length - 1 || 1)},${HIGH - height * (HIGH - 3)}`,
  );
  return (
    <span>
      <svg width={WIDE} height={HIGH} role="img" aria-label={label} style={{ display: "block" }}>
        <title>{label}</title>
        {isBars ? (
          heights.map((height, index) => (
            <rect
              // biome-ignore lint/suspicious/noArrayIndexKey: bars never change places
              key={index}
              x={index * gap + gap * 0.15}
              width={Math.max(gap * 0.7, 1)}
              y={HIGH - height * (HIGH - 3)}
              height={height * (HIGH - 3)}
              fill={tokens.colorBrandBackground}
              opacity={0.75}
            />
          ))
        ) : (
          <polygon
            points={`0,${HIGH} ${line.join(" ")} ${WIDE},${HIGH}`}
            fill={tokens.colorBrandBackground}
            opacity={0.6}
          />
        )}
      </svg>
      <span className={styles.ends}>
        <span className={styles.small}>{ends[0]}</span>
        {isLog && <span className={styles.small}>{t("log axis")}</span>}
        <span className={styles.small}>{ends[1]}</span>
      </span>
    </span>
  );
}
