/** The values of several runs beside one another: which differ, which is best, how far each is from the baseline. */
import { Badge, Button, makeStyles, mergeClasses, Tooltip, tokens } from "@fluentui/react-components";
import { ArrowDown16Regular, ArrowUp16Regular, Trophy16Filled } from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import { useWorkspace } from "@/api/workspace";
import { bestOf, deltaOf, type Field, type Goal, goalOf, isDifferent, type Value } from "@/pages/compare/fields";
import type { Run } from "@/pages/compare/runs";
import { number, PageLink } from "@/parts/said";

const NAME = 220;
const RUN = 168;

const useStyles = makeStyles({
  scroller: { overflowX: "auto" },
  table: { borderCollapse: "separate", borderSpacing: 0, width: "100%", tableLayout: "fixed" },
  head: {
    textAlign: "left",
    padding: "6px 12px",
    fontWeight: tokens.fontWeightSemibold,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    whiteSpace: "nowrap",
    overflow: "hidden",
    textOverflow: "ellipsis",
  },
  name: {
    position: "sticky",
    left: 0,
    zIndex: 1,
    width: `${NAME - 24}px`,
    fontWeight: tokens.fontWeightRegular,
    color: tokens.colorNeutralForeground2,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  cell: {
    padding: "6px 12px",
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
    textAlign: "left",
    verticalAlign: "top",
  },
  number: { fontVariantNumeric: "tabular-nums" },
  changed: {
    backgroundColor: tokens.colorPaletteYellowBackground1,
    fontWeight: tokens.fontWeightSemibold,
    boxShadow: `inset 3px 0 0 ${tokens.colorPaletteYellowBorderActive}`,
  },
  best: { fontWeight: tokens.fontWeightSemibold },
  delta: {
    display: "block",
    fontWeight: tokens.fontWeightRegular,
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground3,
  },
  better: { color: tokens.colorPaletteGreenForeground1 },
  worse: { color: tokens.colorPaletteRedForeground1 },
  dot: {
    display: "inline-block",
    width: "10px",
    height: "10px",
    borderRadius: "50%",
    marginRight: "8px",
    flexShrink: 0,
  },
  goal: { minWidth: 0, marginLeft: "4px" },
});

interface Props {
  label: string;
  runs: Run[];
  fields: Field[];
  baseline: number;
  /** Metrics: the best of each is marked, and what each is better for can be turned. */
  goals?: Record<string, Goal>;
  turn?: (metric: string, goal: Goal) => void;
}

export function Values({ label, runs, fields, baseline, goals, turn }: Props) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { to } = useWorkspace();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reached by keys
    <section className={styles.scroller} tabIndex={0} aria-label={label}>
      <table className={styles.table} style={{ minWidth: NAME + RUN * runs.length }}>
        <thead>
          <tr>
            <th scope="col" className={mergeClasses(styles.head, styles.name)}>
              {label}
            </th>
            {runs.map((run, at) => (
              <th key={run.name} scope="col" className={styles.head} title={`${run.title}\n${run.name}`}>
                <span className={styles.dot} style={{ backgroundColor: run.color }} />
                <span style={{ display: "inline-block" }}>
                  <PageLink to={to("jobs", run.name)}>{run.title}</PageLink>
                </span>{" "}
                {at === baseline && runs.length > 1 && (
                  <Badge size="small" appearance="outline">
                    {t("baseline")}
                  </Badge>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <Line
              key={field.key}
              field={field}
              baseline={baseline}
              goal={goals && (goals[field.name] ?? goalOf(field.name))}
              turn={turn}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface LineProps {
  field: Field;
  baseline: number;
  goal: Goal | undefined;
  turn: Props["turn"];
}

function Line({ field, baseline, goal, turn }: LineProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { name, values } = field;
  const best = goal ? bestOf(values, goal) : new Set<number>();
  const other = goal === "max" ? "min" : "max";
  return (
    <tr>
      <th scope="row" className={mergeClasses(styles.cell, styles.name)} title={name}>
        {name}
        {goal && turn && (
          <Tooltip
            relationship="label"
            content={
              goal === "max"
                ? t("More is better. Press to turn that round.")
                : t("Less is better. Press to turn that round.")
            }
          >
            <Button
              size="small"
              appearance="transparent"
              className={styles.goal}
              icon={goal === "max" ? <ArrowUp16Regular /> : <ArrowDown16Regular />}
              onClick={() => turn(name, other)}
            />
          </Tooltip>
        )}
      </th>
      {values.map((value, at) => {
        const isChanged = !goal && at !== baseline && isDifferent([value, values[baseline] ?? null]);
        return (
          <td
            // biome-ignore lint/suspicious/noArrayIndexKey: a column is a run, and has its place
            key={at}
            className={mergeClasses(
              styles.cell,
              field.isNumber && styles.number,
              isChanged && styles.changed,
              best.has(at) && styles.best,
            )}
            title={isChanged ? t("{{value}}: differs from the baseline", { value: value ?? "–" }) : String(value ?? "")}
          >
            <Shown value={value} />{" "}
            {best.has(at) && (
              <Tooltip content={t("The best")} relationship="label">
                <Trophy16Filled />
              </Tooltip>
            )}
            {goal && at !== baseline && <Distance value={value} from={values[baseline]} goal={goal} />}
          </td>
        );
      })}
    </tr>
  );
}

function Shown({ value }: { value: Value }) {
  const { i18n } = useTranslation();
  return typeof value === "number" ? number(value, i18n.language) : (value ?? "–");
}

function Distance({ value, from, goal }: { value: Value; from: Value | undefined; goal: Goal }) {
  const styles = useStyles();
  const { t, i18n } = useTranslation();
  const delta = deltaOf(value, from, goal);
  if (!delta) return null;
  const share = delta.share === null ? "" : ` (${signed(delta.share * 100, (n) => n.toFixed(1))} %)`;
  return (
    <span
      className={mergeClasses(styles.delta, delta.isBetter ? styles.better : styles.worse)}
      title={delta.isBetter ? t("better than the baseline") : t("worse than the baseline")}
    >
      {delta.isBetter ? "▲" : "▼"} {signed(delta.by, (n) => number(n, i18n.language))}
      {share}
    </span>
  );
}

const signed = (value: number, said: (value: number) => string) => `${value > 0 ? "+" : "−"}${said(Math.abs(value))}`;
