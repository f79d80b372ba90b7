/** The trials of a sweep: which was best, how the search went, and what mattered. It follows a sweep that runs. */
import { Badge, Button, makeStyles, Text, Tooltip, tokens } from "@fluentui/react-components";
import {
  ArrowRepeatAll20Regular,
  Beaker24Regular,
  BoxCheckmark20Regular,
  Dismiss16Regular,
  Open20Regular,
  Trophy16Filled,
} from "@fluentui/react-icons";
import { useMemo, useReducer, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useHappenings } from "@/api/live";
import { useGet, useWorkspace } from "@/api/workspace";
import { type Field, fieldOf, type Goal, goalOf } from "@/pages/compare/fields";
import { historyOf, parallelOf } from "@/pages/compare/pictures";
import { Scatters, Solid } from "@/pages/compare/scatters";
import { ordered } from "@/pages/jobs/experiments";
import { Asked } from "@/parts/asked";
import { Chart } from "@/parts/chart";
import { Empty } from "@/parts/problem";
import { Card, Facts, moodOf, number, PageLink, Status, span } from "@/parts/said";
import { type Column, type Order, Table } from "@/parts/table";

interface Axis {
  name: string;
  type: string;
  scale: "linear" | "log" | "category";
}

interface Trial {
  number: number;
  name: string;
  status: string;
  params: Record<string, number | string | boolean | null>;
  best: number | null;
  last: number | null;
  intervals: number;
  startTime: string | null;
  endTime: string | null;
  reason: string | null;
}

interface Told {
  name: string;
  status: string;
  goal: string;
  primaryMetric: string;
  samplingAlgorithm: string;
  maxTotalTrials: number | null;
  maxConcurrentTrials: number | null;
  best: string | null;
  counts: Record<string, number>;
  columns: Axis[];
  trials: Trial[];
}

interface Importance {
  completedTrials: number;
  importance: { name: string; share: number }[];
}

const useStyles = makeStyles({
  page: { overflow: "auto", height: "100%", padding: "16px 24px 24px", boxSizing: "border-box" },
  grid: { display: "grid", gridTemplateColumns: "repeat(12, minmax(0, 1fr))", gap: "16px" },
  third: { gridColumn: "span 4", display: "grid", "@media (max-width: 1279px)": { gridColumn: "span 6" } },
  rest: { gridColumn: "span 8", display: "grid", "@media (max-width: 1279px)": { gridColumn: "span 6" } },
  whole: { gridColumn: "1 / -1", minWidth: 0 },
  buttons: { display: "flex", gap: "8px", flexWrap: "wrap", marginTop: "16px" },
  score: { fontSize: tokens.fontSizeHero800, lineHeight: tokens.lineHeightHero800, fontVariantNumeric: "tabular-nums" },
  soft: { color: tokens.colorNeutralForeground3 },
  table: { display: "flex", flexDirection: "column", maxHeight: "min(460px, 60vh)" },
  bars: {
    display: "grid",
    gridTemplateColumns: "minmax(60px, max-content) 1fr 56px",
    gap: "10px",
    alignItems: "center",
  },
  bar: { height: "10px", borderRadius: "5px", backgroundColor: tokens.colorBrandBackground },
  cut: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  right: { textAlign: "right", fontVariantNumeric: "tabular-nums" },
});

/** Completed trials without which nothing can be said of what mattered. */
const FEWEST = 5;

export default function Trials({ name }: { name: string }) {
  const path = { params: { path: { name } } };
  const asked = useGet<Told>("/jobs/{name}/trials", path, {
    refetchInterval: ({ state }) => (isOver(state.data) ? false : 15_000),
  });
  const isEnough = (asked.data?.counts.Completed ?? 0) >= FEWEST;
  const importance = useGet<Importance>("/jobs/{name}/importance", path, { enabled: isEnough });
  useHappenings(["jobs"], (names) => {
    const isMine = names === null || names.has(name) || [...names].some((each) => each.startsWith(`${name}_`));
    if (!isMine || isOver(asked.data)) return;
    void asked.refetch();
    if (isEnough) void importance.refetch();
  });
  return <Asked of={asked}>{(told) => <Shown told={told} importance={importance.data} />}</Asked>;
}

const isOver = (told: Told | undefined) =>
  told !== undefined && !["running", "waiting", "unknown"].includes(moodOf(told.status));

/** Each hyperparameter as a field over all trials, and the metric behind them. */
export function fieldsOf(told: Pick<Told, "columns" | "trials" | "primaryMetric">): { params: Field[]; metric: Field } {
  const { columns, trials, primaryMetric } = told;
  const params = columns.map(({ name, scale }) => {
    const values = trials.map(({ params: said }) => {
      const value = said[name];
      return typeof value === "boolean" ? String(value) : (value ?? null);
    });
    return fieldOf(`params.${name}`, name, values, scale === "log");
  });
  const metric = fieldOf(
    `metrics.${primaryMetric}`,
    primaryMetric,
    trials.map(({ best }) => best),
    false,
  );
  return { params, metric };
}

function Shown({ told, importance }: { told: Told; importance: Importance | undefined }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const [held, setHeld] = useState<ReadonlySet<number> | null>(null);
  const [released, release] = useReducer((times: number) => times + 1, 0);
  const measured = useMemo(() => ({ ...told, trials: told.trials.filter(({ best }) => best !== null) }), [told]);
  const { params, metric } = useMemo(() => fieldsOf(measured), [measured]);
  const goal: Goal = /^min/i.test(told.goal) ? "min" : /^max/i.test(told.goal) ? "max" : goalOf(told.primaryMetric);
  const best = told.trials.find(({ name }) => name === told.best);
  const drawn = useMemo(() => measured.trials.map(({ number: index }) => ({ name: String(index) })), [measured]);
  const kept = held ? told.trials.filter(({ number: index }) => held.has(index)) : told.trials;
  const free = () => {
    setHeld(null);
    release(); // the picture is drawn anew, with no area on it
  };
  const history = useMemo(() => historyOf(metric, goal, drawn, t("Best so far"), t("Trial")), [metric, goal, drawn, t]);
  if (!told.trials.length) {
    return (
      <Empty
        icon={<Beaker24Regular />}
        title={t("No trials yet")}
        hint={isOver(told) ? t("This sweep ended before it made one.") : t("They appear here as the sweep makes them.")}
      />
    );
  }
  return (
    <div className={styles.page}>
      <div className={styles.grid}>
        <div className={styles.third}>
          <Best told={told} best={best} goal={goal} />
        </div>
        <div className={styles.rest}>
          <Card title={t("How the search went")} actions={<Progress told={told} />}>
            {measured.trials.length ? (
              <Chart
                label={t("{{metric}} of each trial, and the best so far", { metric: told.primaryMetric })}
                option={history}
                height={268}
              />
            ) : (
              <Unmeasured metric={told.primaryMetric} />
            )}
          </Card>
        </div>
        {measured.trials.length > 0 && (
          <>
            <div className={styles.rest}>
              <Coordinates
                key={released}
                fields={[...params, metric]}
                runs={drawn}
                numbers={measured.trials}
                hold={setHeld}
              />
            </div>
            <div className={styles.third}>
              <Mattered importance={importance} />
            </div>
          </>
        )}
        <div className={styles.whole}>
          <TrialTable told={told} rows={kept} all={told.trials.length} goal={goal} release={held ? free : null} />
        </div>
        {measured.trials.length > 1 && params.length > 0 && (
          <div className={styles.whole}>
            <Scatters params={params} metric={metric} runs={drawn} />
          </div>
        )}
        {measured.trials.length > 1 && params.length > 1 && (
          <div className={styles.whole}>
            <Solid
              params={byShare(params, importance)}
              metric={metric}
              runs={drawn}
              open={(row) => navigate(to("jobs", measured.trials[row]?.name ?? ""))}
            />
          </div>
        )}
      </div>
    </div>
  );
}

/** What mattered most comes first; as the sweep names them where that is not told. */
function byShare(params: Field[], importance: Importance | undefined): Field[] {
  const shares = new Map(importance?.importance.map(({ name, share }) => [name, share]));
  return [...params].sort((one, other) => (shares.get(other.name) ?? 0) - (shares.get(one.name) ?? 0));
}

function Unmeasured({ metric }: { metric: string }) {
  const { t } = useTranslation();
  return (
    <Text>{t("No trial has logged “{{metric}}” yet. The name must be the one the script logs.", { metric })}</Text>
  );
}

function Progress({ told }: { told: Told }) {
  const styles = useStyles();
  const { t } = useTranslation();
  return (
    <span style={{ display: "inline-flex", gap: 8, alignItems: "center" }}>
      {Object.entries(told.counts).map(([status, count]) => (
        <Badge key={status} appearance="tint" color="informative">
          {t(status)} {count}
        </Badge>
      ))}
      <Text size={200} weight="regular" className={styles.soft}>
        {told.maxTotalTrials
          ? t("{{made}} of {{total}} trials", { made: told.trials.length, total: told.maxTotalTrials })
          : t("Trials: {{made}}", { made: told.trials.length })}
      </Text>
    </span>
  );
}

function Best({ told, best, goal }: { told: Told; best: Trial | undefined; goal: Goal }) {
  const styles = useStyles();
  const { t, i18n } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  if (!best) {
    return (
      <Card title={t("Best trial")}>
        <Text className={styles.soft}>{t("None has completed with a metric yet.")}</Text>
      </Card>
    );
  }
  const aim = goal === "max" ? t("to be maximized") : t("to be minimized");
  return (
    <Card title={t("Best trial")}>
      <div className={styles.score} title={String(best.best)}>
        {number(best.best, i18n.language)}
      </div>
      <Text block className={styles.soft} style={{ marginBottom: 16 }}>
        {told.primaryMetric}, {aim}
      </Text>
      <Facts
        of={[
          [
            t("Trial"),
            <PageLink key="job" to={to("jobs", best.name)}>
              {best.name}
            </PageLink>,
          ],
          ...Object.entries(best.params).map(([key, value]): [string, string] => [
            key,
            shownValue(value, i18n.language),
          ]),
        ]}
      />
      <div className={styles.buttons}>
        <Button
          appearance="primary"
          icon={<BoxCheckmark20Regular />}
          onClick={() => navigate(`${to("jobs", best.name)}?register=1`)}
        >
          {t("Register its model")}
        </Button>
        <Button icon={<Open20Regular />} onClick={() => navigate(to("jobs", best.name))}>
          {t("Open")}
        </Button>
        <Button
          icon={<ArrowRepeatAll20Regular />}
          onClick={() => navigate(`${to("new")}?from=${encodeURIComponent(best.name)}`)}
        >
          {t("Resubmit with these values")}
        </Button>
      </div>
    </Card>
  );
}

function shownValue(value: Trial["params"][string], language: string): string {
  return typeof value === "number" ? number(value, language) : String(value ?? "–");
}

interface CoordinatesProps {
  fields: Field[];
  runs: { name: string }[];
  numbers: Trial[];
  hold: (held: ReadonlySet<number> | null) => void;
}

function Coordinates({ fields, runs, numbers, hold }: CoordinatesProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const isHeld = useRef(false);
  const fresh = useMemo(() => parallelOf(fields, runs, true), [fields, runs]);
  const shown = useRef({ option: fresh, key: "" });
  const key = JSON.stringify(fields);
  // What is brushed stays while trials go on: a picture drawn anew would forget it.
  if (!isHeld.current && shown.current.key !== key) shown.current = { option: fresh, key };
  return (
    <Card
      title={t("Parallel coordinates")}
      actions={
        <Text size={200} weight="regular" className={styles.soft}>
          {t("Drag along an axis to keep only those trials in the table")}
        </Text>
      }
    >
      <Chart
        label={t("Each trial as a line through its hyperparameters to its metric")}
        option={shown.current.option}
        height={300}
        onBrush={(rows) => {
          isHeld.current = rows !== null;
          hold(rows && new Set(rows.flatMap((row) => numbers[row]?.number ?? [])));
        }}
      />
    </Card>
  );
}

function Mattered({ importance }: { importance: Importance | undefined }) {
  const styles = useStyles();
  const { t } = useTranslation();
  return (
    <Card title={t("What mattered")}>
      {importance?.importance.length ? (
        <>
          <div className={styles.bars}>
            {importance.importance.map(({ name, share }) => [
              <Text key={`${name} `} className={styles.cut} title={name}>
                {name}
              </Text>,
              <div key={name} className={styles.bar} style={{ width: `${Math.max(1, share * 100)}%` }} />,
              <Text key={`${name}%`} className={styles.right}>
                {`${(share * 100).toFixed(0)} %`}
              </Text>,
            ])}
          </div>
          <Text size={200} block className={styles.soft} style={{ marginTop: 16 }}>
            {t("Each hyperparameter's share in how the metric varied, worked out of the completed trials: {{count}}.", {
              count: importance.completedTrials,
            })}
          </Text>
        </>
      ) : (
        <Text className={styles.soft}>{t("It is told when enough trials have completed.")}</Text>
      )}
    </Card>
  );
}

interface TableProps {
  told: Told;
  rows: Trial[];
  all: number;
  goal: Goal;
  release: (() => void) | null;
}

function TrialTable({ told, rows, all, goal, release }: TableProps) {
  const styles = useStyles();
  const { t, i18n } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const [order, setOrder] = useState<Order>({ key: "best", descending: goal === "max" });
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const columns: Column<Trial>[] = [
    {
      key: "number",
      title: t("Trial"),
      width: "minmax(150px, 1.2fr)",
      sortable: true,
      cell: (row) => (
        <span title={row.name}>
          <PageLink to={to("jobs", row.name)}>{row.name}</PageLink>{" "}
          {row.name === told.best && (
            <Tooltip content={t("The best")} relationship="label">
              <Trophy16Filled />
            </Tooltip>
          )}
        </span>
      ),
    },
    {
      key: "status",
      title: t("Status"),
      width: "150px",
      sortable: true,
      cell: (row) => <Status of={row.status} why={row.reason} />,
    },
    {
      key: "best",
      title: told.primaryMetric,
      width: "minmax(110px, 0.7fr)",
      align: "end",
      sortable: true,
      cell: (row) => <span title={String(row.best)}>{number(row.best, i18n.language)}</span>,
    },
    ...told.columns.map(
      ({ name }): Column<Trial> => ({
        key: `params.${name}`,
        title: name,
        width: "minmax(110px, 0.7fr)",
        align: "end",
        sortable: true,
        cell: (row) => shownValue(row.params[name] ?? null, i18n.language),
      }),
    ),
    {
      key: "intervals",
      title: t("Reports"),
      width: "100px",
      align: "end",
      sortable: true,
      cell: (row) => row.intervals,
    },
    {
      key: "duration",
      title: t("Duration"),
      width: "110px",
      align: "end",
      sortable: true,
      cell: (row) => span(tookOf(row)),
    },
  ];
  const flat = rows.map((row) => ({
    ...row,
    duration: tookOf(row),
    ...Object.fromEntries(Object.entries(row.params).map(([key, value]) => [`params.${key}`, value])),
  }));
  return (
    <Card
      title={release ? t("Trials: {{kept}} of {{all}}", { kept: rows.length, all }) : t("Trials")}
      actions={
        <span style={{ display: "inline-flex", gap: 8 }}>
          {release && (
            <Button size="small" icon={<Dismiss16Regular />} onClick={release}>
              {t("Show all")}
            </Button>
          )}
          <Button
            size="small"
            disabled={chosen.size < 2}
            onClick={() => navigate(`${to("compare")}?runs=${[...chosen].map(encodeURIComponent).join(",")}`)}
          >
            {t("Compare")}
          </Button>
        </span>
      }
    >
      <div className={styles.table} style={{ height: 36 + 40 * Math.max(2, rows.length) }}>
        <Table
          label={t("Trials")}
          columns={columns}
          rows={ordered(flat, order)}
          keyOf={({ name }) => name}
          open={({ name }) => navigate(to("jobs", name))}
          order={order}
          onOrder={setOrder}
          selected={chosen}
          onSelect={setChosen}
        />
      </div>
    </Card>
  );
}

function tookOf({ startTime, endTime }: Trial): number | null {
  return startTime && endTime ? Date.parse(endTime) - Date.parse(startTime) : null;
}
