/** The table of jobs: filtered, ordered, in columns of one's choice; selected ones are compared, canceled, deleted. */
import { Button, makeStyles, Text, Tooltip, tokens } from "@fluentui/react-components";
import { ArrowDownload20Regular, Flash24Regular, TableSettings20Regular } from "@fluentui/react-icons";
import { lazy, Suspense, useCallback, useMemo, useReducer, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useSearchParams } from "react-router";
import { asProblem } from "@/api/problem";
import { useGet, useWorkspace } from "@/api/workspace";
import { Chips } from "@/pages/jobs/chips";
import { columnsOf, FIELDS, plainly } from "@/pages/jobs/columns";
import { csvLine } from "@/pages/jobs/csv";
import { isFilter, mistakeIn, type Words } from "@/pages/jobs/filter";
import { FilterInput } from "@/pages/jobs/filterInput";
import { everyRow, type Row, useRows } from "@/pages/jobs/rows";
import { SavedViews } from "@/pages/jobs/saved";
import { addressOf, columnName, isNarrowed, queryOf, START, type View, viewOf } from "@/pages/jobs/view";
import { Loading } from "@/parts/asked";
import { keep } from "@/parts/keep";
import { Empty, ProblemView } from "@/parts/problem";
import { Code } from "@/parts/said";
import { Table } from "@/parts/table";
import { useSession } from "@/shell/session";
import { useTell, useTellProblem } from "@/shell/told";

// What is not there at first is loaded when it is asked for.
const Chooser = lazy(() => import("@/pages/jobs/chooser").then(({ Chooser }) => ({ default: Chooser })));
const Selection = lazy(() => import("@/pages/jobs/selection").then(({ Selection }) => ({ default: Selection })));

const useStyles = makeStyles({
  head: { display: "grid", gap: "8px", padding: "12px 24px 10px" },
  line: { display: "flex", gap: "8px", alignItems: "flex-start", flexWrap: "wrap" },
  table: {
    flex: 1,
    minHeight: 0,
    display: "flex",
    flexDirection: "column",
    borderTop: `1px solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  old: { opacity: 0.55, transition: "opacity 120ms 120ms" },
  foot: {
    padding: "4px 24px",
    borderTop: `1px solid ${tokens.colorNeutralStroke2}`,
    color: tokens.colorNeutralForeground3,
  },
});

/** The view of the address, and how to show another. */
function useView() {
  const [address, setAddress] = useSearchParams();
  const view = useMemo(() => viewOf(address), [address]);
  const now = useRef(view);
  now.current = view;
  const show = useCallback((next: View) => setAddress(addressOf(next), { replace: true }), [setAddress]);
  const change = useCallback(
    (changes: Partial<View>) => {
      now.current = { ...now.current, ...changes };
      show(now.current);
    },
    [show],
  );
  return { view, show, change };
}

/** The time by which "the last 24 hours" are reckoned; it moves when the view does, so that rows keep their places. */
function useReckoned(view: View): number {
  const since = useRef({ view: view.since, at: Date.now() });
  if (since.current.view !== view.since) since.current = { view: view.since, at: Date.now() };
  return since.current.at;
}

export function AllJobs() {
  const styles = useStyles();
  const { t, i18n } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const { principal } = useSession();
  const { view, show, change } = useView();
  const reckoned = useReckoned(view);
  const words = useGet<Words>("/jobTable/words", {}, { staleTime: 30_000 }).data;
  const query = useMemo(() => queryOf(view, principal.name, reckoned), [view, principal.name, reckoned]);
  const rows = useRows(query);
  const problem = rows.error ? asProblem(rows.error) : null;
  const [isChoosing, setChoosing] = useState(false);
  const wasChoosing = useRef(false); // it stays, so that it is seen to close
  wasChoosing.current ||= isChoosing;
  const selection = useSelection(rows.rowAt, rows.total);
  const columns = useMemo(() => columnsOf(view, t, i18n.language), [view, t, i18n.language]);
  const download = useDownload(view);
  const isMistake = problem !== null && (mistakeIn(problem.target, view.filter) !== null || isFilter(view.filter));
  const chips = <Chips view={view} change={change} words={words} />;
  return (
    <>
      <div className={styles.head}>
        <div className={styles.line}>
          <FilterInput value={view.filter} apply={(filter) => change({ filter })} words={words} problem={problem} />
          <SavedViews view={view} show={show} />
          <Button appearance="subtle" icon={<TableSettings20Regular />} onClick={() => setChoosing(true)}>
            {t("Columns")}
          </Button>
          <Tooltip content={t("Download these rows as CSV")} relationship="label">
            <Button
              appearance="subtle"
              icon={<ArrowDownload20Regular />}
              disabled={download.isBusy || !rows.total}
              onClick={() => download.all(query)}
            />
          </Tooltip>
        </div>
        {selection.rows.length > 0 ? (
          <Suspense fallback={chips}>
            <Selection rows={selection.rows} clear={selection.clear} download={() => download.some(selection.rows)} />
          </Suspense>
        ) : (
          chips
        )}
      </div>
      <div className={`${styles.table} ${rows.isOld && !problem ? styles.old : ""}`}>
        {problem && !isMistake && <ProblemView problem={problem} retry={() => change({})} />}
        {rows.isLoading && !problem ? (
          <Loading lines={12} />
        ) : (
          <Table
            key={JSON.stringify([query.filter, query.text, query.all, query.archived])}
            label={t("Jobs")}
            columns={columns}
            total={rows.total}
            rowAt={rows.rowAt}
            onSeen={rows.onSeen}
            keyOf={(row) => row.name}
            open={(row) => navigate(to("jobs", row.name))}
            order={view.order}
            onOrder={(order) => change({ order })}
            onWidth={(key, width) => change({ widths: { ...view.widths, [key]: width } })}
            selected={selection.names}
            onSelect={selection.choose}
            empty={problem ? undefined : <Nothing view={view} change={change} />}
          />
        )}
      </div>
      <Text size={200} className={styles.foot} role="status">
        {rows.isLoading ? "\u00a0" : t("Jobs: {{total}}", { total: rows.total.toLocaleString(i18n.language) })}
      </Text>
      {wasChoosing.current && (
        <Suspense>
          <Chooser
            isOpen={isChoosing}
            close={() => setChoosing(false)}
            columns={view.columns}
            choose={(chosen) => change({ columns: chosen })}
            words={words}
          />
        </Suspense>
      )}
    </>
  );
}

/** Which rows are selected. They are kept as they were seen, also when they are scrolled away. */
function useSelection(rowAt: (index: number) => Row | undefined, total: number) {
  const [chosen, setChosen] = useState<ReadonlyMap<string, Row>>(new Map());
  const [, seen] = useReducer((count: number) => count + 1, 0);
  const choose = (names: Set<string>) => {
    const next = new Map([...chosen].filter(([name]) => names.has(name)));
    const missing = [...names].filter((name) => !next.has(name));
    for (let index = 0; missing.length > next.size - chosen.size && index < total; index += 1) {
      const row = rowAt(index);
      if (row && names.has(row.name)) next.set(row.name, row);
    }
    setChosen(next);
    seen();
  };
  const clear = useCallback(() => setChosen(new Map()), []);
  const names = useMemo(() => new Set(chosen.keys()), [chosen]);
  return { names, rows: [...chosen.values()], choose, clear };
}

/** Gives rows as CSV: those at hand, or all that a query finds. */
function useDownload(view: View) {
  const { t } = useTranslation();
  const { api } = useWorkspace();
  const tell = useTell();
  const tellProblem = useTellProblem();
  const [isBusy, setBusy] = useState(false);
  const keys = view.columns.includes("name") ? view.columns : ["name", ...view.columns];
  const head = csvLine(keys.map((key) => FIELDS[key]?.title(t) ?? columnName(key)));
  const lines = (rows: Row[]) => `${rows.map((row) => csvLine(keys.map((key) => plainly(row, key)))).join("\r\n")}\r\n`;
  const some = (rows: Row[]) => keep("jobs.csv", [`${head}\r\n`, lines(rows)], "text/csv");
  const all = async (query: ReturnType<typeof queryOf>) => {
    setBusy(true);
    try {
      const pieces = [`${head}\r\n`];
      for await (const rows of everyRow(api, query)) if (rows.length) pieces.push(lines(rows));
      keep("jobs.csv", pieces, "text/csv");
      tell({ title: t("jobs.csv is ready") });
    } catch (error) {
      tellProblem(error);
    } finally {
      setBusy(false);
    }
  };
  return { some, all, isBusy };
}

function Nothing({ view, change }: { view: View; change: (changes: Partial<View>) => void }) {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  if (isNarrowed(view) || view.archived) {
    return (
      <Empty icon={<Flash24Regular />} title={t("No job is like that")} hint={t("Ask for less, or for all of them.")}>
        <Button onClick={() => change({ ...START, columns: view.columns, order: view.order, widths: view.widths })}>
          {t("Show all jobs")}
        </Button>
      </Empty>
    );
  }
  return (
    <Empty
      icon={<Flash24Regular />}
      title={t("No jobs yet")}
      hint={t(
        "A job is a program that ran once, with all that it logged and wrote. Start one here, or from a terminal:",
      )}
    >
      <Code text="lazuli job create --file job.yml" />
      <Button appearance="primary" onClick={() => navigate(to("new"))}>
        {t("New job")}
      </Button>
    </Empty>
  );
}
