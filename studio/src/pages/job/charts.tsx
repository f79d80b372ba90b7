/** The tables, matrices and pages a job has logged. */
import { makeStyles, Radio, RadioGroup, tokens } from "@fluentui/react-components";
import { DataBarVertical24Regular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useWorkspace } from "@/api/workspace";
import { type Chart, useCharts } from "@/pages/job/chartsOf";
import { jobFiles, readPiece, useTicket } from "@/pages/job/files";
import { useJob } from "@/pages/job/job";
import {
  type Accuracy,
  accuracyOption,
  type Confusion,
  confusionOption,
  loggedTable,
  type Normalisation,
  type Predictions,
  predictionsOption,
  type Residuals,
  residualsOption,
} from "@/pages/job/legacy";
import { Asked } from "@/parts/asked";
import { Chart as Drawn } from "@/parts/chart";
import { Empty } from "@/parts/problem";
import { Card, number, PageLink } from "@/parts/said";
import { type Column, Table } from "@/parts/table";

const useStyles = makeStyles({
  grid: { display: "grid", gap: "16px", gridTemplateColumns: "repeat(auto-fill, minmax(min(460px, 100%), 1fr))" },
  wide: { gridColumn: "1 / -1", minWidth: 0 },
  table: { maxHeight: "420px", display: "flex", flexDirection: "column" },
  page: {
    width: "100%",
    height: "420px",
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralForegroundStaticInverted,
    colorScheme: "light",
  },
});

const SHOWN = new Set(["table", "confusion_matrix", "accuracy_table", "residuals", "predictions", "html"]);

export default function Charts({ name }: { name: string }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const query = useCharts(name);
  return (
    <Asked of={query}>
      {({ value }) => {
        const shown = value
          .filter(({ kind }) => SHOWN.has(kind))
          .sort((one, other) => Number(one.kind === "html") - Number(other.kind === "html"));
        if (!shown.length)
          return (
            <Empty
              icon={<DataBarVertical24Regular />}
              title={t("No charts or tables")}
              hint={t("What a job logs with mlflow.log_table, and reports it leaves as HTML, are shown here.")}
            />
          );
        return (
          <div className={styles.grid}>
            {shown.map((chart) => (
              <One key={chart.path} run={name} chart={chart} />
            ))}
          </div>
        );
      }}
    </Asked>
  );
}

function One({ run, chart }: { run: string; chart: Chart }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const { name } = useJob();
  const file = `${to("jobs", name, "outputs")}?file=${encodeURIComponent(chart.path)}`;
  const isWide = chart.kind === "table" || chart.kind === "html";
  return (
    <div className={isWide ? styles.wide : undefined}>
      <Card title={chart.name} actions={<PageLink to={file}>{t("File")}</PageLink>}>
        {chart.kind === "html" ? <Report run={run} path={chart.path} /> : <Read run={run} chart={chart} />}
      </Card>
    </div>
  );
}

function Report({ run, path }: { run: string; path: string }) {
  const styles = useStyles();
  const ticket = useTicket(run, path);
  return (
    <Asked of={ticket}>
      {({ url }) => (
        <iframe className={styles.page} src={url} title={path} sandbox="allow-scripts" referrerPolicy="no-referrer" />
      )}
    </Asked>
  );
}

/** The largest file that is read for a chart, in pieces of a megabyte. */
const MOST = 8 << 20;

function Read({ run, chart }: { run: string; chart: Chart }) {
  const { id } = useWorkspace();
  const { t } = useTranslation();
  const root = jobFiles(run);
  const query = useQuery({
    queryKey: [id, root, "chart", chart.path],
    queryFn: async ({ signal }): Promise<unknown> => {
      let text = "";
      for (let at = 0; at < MOST; ) {
        const piece = await readPiece(id, root, chart.path, at, 1 << 20, signal);
        text += piece.text;
        at = piece.next;
        if (at >= piece.size) break;
      }
      // NaN is no JSON, but Python writes it.
      return JSON.parse(text.replaceAll(/(?<=[[:,]\s*)-?(NaN|Infinity)(?=\s*[,\]}])/g, "null"));
    },
  });
  return (
    <Asked of={query}>
      {(value) => {
        if (chart.kind === "table") return <LoggedTable label={chart.name} value={value} />;
        const data = (value as { data?: unknown } | null)?.data;
        if (!data || typeof data !== "object") return <Empty title={t("The file does not hold what its kind says")} />;
        return <Legacy chart={chart} data={data} />;
      }}
    </Asked>
  );
}

function Legacy({ chart, data }: { chart: Chart; data: object }) {
  const { t } = useTranslation();
  if (chart.kind === "confusion_matrix") return <ConfusionMatrix label={chart.name} data={data as Confusion} />;
  if (chart.kind === "accuracy_table") return <AccuracyTable label={chart.name} data={data as Accuracy} />;
  if (chart.kind === "residuals")
    return (
      <Drawn label={chart.name} option={residualsOption(data as Residuals, { x: t("Residual"), y: t("Count") })} />
    );
  if (chart.kind === "predictions")
    return (
      <Drawn
        label={chart.name}
        height={320}
        option={predictionsOption(data as Predictions, {
          truth: t("True value"),
          said: t("Predicted value"),
          ideal: t("Ideal"),
        })}
      />
    );
  return <LoggedTable label={chart.name} value={data} />;
}

function ConfusionMatrix({ label, data }: { label: string; data: Confusion }) {
  const { t } = useTranslation();
  const [by, setBy] = useState<Normalisation>("count");
  const option = useMemo(
    () => confusionOption(data, by, { truth: t("True class"), said: t("Predicted class") }),
    [data, by, t],
  );
  return (
    <>
      <RadioGroup
        layout="horizontal"
        value={by}
        onChange={(_, { value }) => setBy(value as Normalisation)}
        aria-label={t("Normalised by")}
      >
        <Radio value="count" label={t("Counts")} />
        <Radio value="row" label={t("Share of the true class")} />
        <Radio value="column" label={t("Share of the predicted class")} />
      </RadioGroup>
      <Drawn label={label} option={option} height={360} />
    </>
  );
}

function AccuracyTable({ label, data }: { label: string; data: Accuracy }) {
  const { t } = useTranslation();
  const [kind, setKind] = useState<"roc" | "pr">("roc");
  const option = useMemo(() => {
    const names =
      kind === "roc"
        ? { x: t("False positive rate"), y: t("True positive rate"), chance: t("Chance") }
        : { x: t("Recall"), y: t("Precision"), chance: t("Chance") };
    return accuracyOption(data, kind, names);
  }, [data, kind, t]);
  return (
    <>
      <RadioGroup
        layout="horizontal"
        value={kind}
        onChange={(_, { value }) => setKind(value as "roc" | "pr")}
        aria-label={t("Curve")}
      >
        <Radio value="roc" label={t("ROC")} />
        <Radio value="pr" label={t("Precision and recall")} />
      </RadioGroup>
      <Drawn label={label} option={option} height={360} />
    </>
  );
}

interface Row {
  index: number;
  cells: unknown[];
}

function LoggedTable({ label, value }: { label: string; value: unknown }) {
  const styles = useStyles();
  const { t, i18n } = useTranslation();
  const table = useMemo(() => loggedTable(value), [value]);
  if (!table?.rows.length) return <Empty title={t("The table has no rows")} />;
  const columns = table.head.map((title, at): Column<Row> => {
    const areNumbers = table.rows.every((row) => typeof (row[at] ?? 0) === "number");
    return {
      key: String(at),
      title,
      width: "minmax(110px, 1fr)",
      align: areNumbers ? "end" : "start",
      cell: ({ cells }) => cellSaid(cells[at], i18n.language),
    };
  });
  return (
    <div className={styles.table} style={{ height: 38 + 30 * table.rows.length }}>
      <Table
        label={label}
        columns={columns}
        rowHeight={30}
        rows={table.rows.map((cells, index) => ({ index, cells }))}
        keyOf={(row) => String(row.index)}
      />
    </div>
  );
}

function cellSaid(cell: unknown, language: string): string {
  if (cell === null || cell === undefined) return "–";
  if (typeof cell === "number") return number(cell, language);
  return typeof cell === "object" ? JSON.stringify(cell) : String(cell);
}
