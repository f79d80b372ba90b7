/** The columns of the table of jobs: what each is called, how wide it is, what stands in its cells. */
import { makeStyles, Tooltip, tokens } from "@fluentui/react-components";
import { ArrowHookDownRight16Regular } from "@fluentui/react-icons";
import type { TFunction } from "i18next";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useWorkspace } from "@/api/workspace";
import type { Row } from "@/pages/jobs/rows";
import { columnName, isLogged, type View } from "@/pages/jobs/view";
import { Ago, number, PageLink, Status, span } from "@/parts/said";
import type { Column } from "@/parts/table";

interface Field {
  title: (t: TFunction) => string;
  width: string;
  align?: "end";
  sortable?: false;
  cell: (row: Row) => ReactNode;
}

const TYPES: Record<string, (t: TFunction) => string> = {
  command: (t) => t("Command"),
  sweep: (t) => t("Sweep"),
  pipeline: (t) => t("Pipeline"),
  automl: (t) => t("Automated ML"),
  spark: (t) => t("Spark"),
  base: (t) => t("Run"),
};

/** A type of job in the user's language. */
export const typeName = (type: string, t: TFunction) => TYPES[type.toLowerCase()]?.(t) ?? type;

function TypeName({ of }: { of: string }) {
  const { t } = useTranslation();
  return typeName(of, t);
}

/** How long a job ran, or has run till now. */
export function durationOf(row: Pick<Row, "started" | "ended">, now = Date.now()): number | null {
  return row.started === null ? null : (row.ended ?? now) - row.started;
}

export const FIELDS: Record<string, Field> = {
  displayName: {
    title: (t) => t("Name"),
    width: "minmax(240px, 2fr)",
    cell: (row) => <Name of={row} />,
  },
  status: {
    title: (t) => t("Status"),
    width: "136px",
    cell: (row) => <Status of={row.status} why={row.reason} />,
  },
  experiment: {
    title: (t) => t("Experiment"),
    width: "minmax(130px, 1fr)",
    cell: (row) => <Experiment of={row.experiment} />,
  },
  type: { title: (t) => t("Type"), width: "112px", cell: (row) => <TypeName of={row.type} /> },
  created: { title: (t) => t("Created"), width: "124px", cell: (row) => <Ago at={row.created} /> },
  duration: { title: (t) => t("Duration"), width: "110px", align: "end", cell: (row) => span(durationOf(row)) },
  createdBy: { title: (t) => t("Created by"), width: "minmax(100px, 0.6fr)", cell: (row) => whole(row.createdBy) },
  compute: { title: (t) => t("Compute"), width: "minmax(100px, 0.6fr)", cell: (row) => <Compute of={row.compute} /> },
  name: { title: (t) => t("Job ID"), width: "minmax(160px, 1fr)", cell: (row) => whole(row.name) },
  started: { title: (t) => t("Started"), width: "124px", cell: (row) => <Ago at={row.started} /> },
  ended: { title: (t) => t("Ended"), width: "124px", cell: (row) => <Ago at={row.ended} /> },
  parent: { title: (t) => t("Parent"), width: "minmax(140px, 1fr)", cell: (row) => <Parent of={row.parent} /> },
  reason: {
    title: (t) => t("Reason"),
    width: "minmax(160px, 1.4fr)",
    sortable: false,
    cell: (row) => whole(row.reason),
  },
  tags: {
    title: (t) => t("Tags"),
    width: "minmax(160px, 1.2fr)",
    sortable: false,
    cell: (row) =>
      whole(
        Object.entries(row.tags)
          .map(([name, value]) => (value ? `${name}: ${value}` : name))
          .join(", "),
      ),
  },
};

/** A text that is cut where it is too long, and whole on hover. */
function whole(text: string | null | undefined): ReactNode {
  return text ? <span title={text}>{text}</span> : "–";
}

const useStyles = makeStyles({
  name: { display: "flex", alignItems: "center", gap: "6px", minWidth: 0 },
  text: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap", minWidth: 0 },
  child: { color: tokens.colorNeutralForeground3, flexShrink: 0 },
  archived: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, flexShrink: 0 },
});

function Name({ of: row }: { of: Row }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { to } = useWorkspace();
  return (
    <span className={styles.name}>
      {row.parent && (
        <Tooltip content={t("Made by {{name}}", { name: row.parent })} relationship="description">
          <ArrowHookDownRight16Regular className={styles.child} />
        </Tooltip>
      )}
      <span className={styles.text} title={row.displayName === row.name ? row.name : `${row.displayName}\n${row.name}`}>
        <PageLink to={to("jobs", row.name)}>{row.displayName}</PageLink>
      </span>
      {row.archived && <span className={styles.archived}>{t("archived")}</span>}
    </span>
  );
}

function Experiment({ of }: { of: string }) {
  const { to } = useWorkspace();
  return (
    <span title={of}>
      <PageLink to={`${to("jobs")}?experiment=${encodeURIComponent(of)}`}>{of}</PageLink>
    </span>
  );
}

function Compute({ of }: { of: string | null }) {
  const { to } = useWorkspace();
  if (!of) return <>–</>;
  return (
    <span title={of}>
      <PageLink to={to("compute", of)}>{of}</PageLink>
    </span>
  );
}

function Parent({ of }: { of: string | null }) {
  const { to } = useWorkspace();
  if (!of) return <>–</>;
  return (
    <span title={of}>
      <PageLink to={to("jobs", of)}>{of}</PageLink>
    </span>
  );
}

/** What a logged column is called, and where it comes from. */
function Logged({ of }: { of: string }) {
  return <span title={of}>{columnName(of)}</span>;
}

/** The columns of a view, as a table takes them. */
export function columnsOf(view: View, t: TFunction, language: string): Column<Row>[] {
  return view.columns.flatMap((key): Column<Row>[] => {
    const field = FIELDS[key];
    const changed = view.widths[key];
    if (field) {
      const { title, width, align, sortable = true, cell } = field;
      return [{ key, title: title(t), width: changed ? `${changed}px` : width, align, sortable, cell }];
    }
    if (!isLogged(key)) return [];
    const isMetric = key.startsWith("metrics.");
    return [
      {
        key,
        title: <Logged of={key} />,
        width: changed ? `${changed}px` : "130px",
        align: isMetric ? "end" : undefined,
        sortable: true,
        cell: (row) => {
          const value = row.values[key];
          return typeof value === "number" ? (
            <span title={String(value)}>{number(value, language)}</span>
          ) : (
            whole(value)
          );
        },
      },
    ];
  });
}

/** What a download says of a row in a column. */
export function plainly(row: Row, key: string): string | number | null {
  if (isLogged(key)) return row.values[key] ?? null;
  if (key === "duration") return durationOf(row);
  if (key === "tags") return JSON.stringify(row.tags);
  const value = (row as unknown as Record<string, unknown>)[key];
  if (key === "created" || key === "started" || key === "ended") {
    return typeof value === "number" ? new Date(value).toISOString() : null;
  }
  return value === null || value === undefined ? null : String(value);
}
