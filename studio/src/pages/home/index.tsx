import { Badge, makeStyles, mergeClasses, Text, tokens } from "@fluentui/react-components";
import {
  BranchFork24Regular,
  CheckmarkCircle20Filled,
  ErrorCircle16Filled,
  Rocket24Regular,
  ServerLink24Regular,
  TableAdd24Regular,
  Warning16Filled,
} from "@fluentui/react-icons";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { placeOf } from "@/api/places";
import { useGet, useWorkspace } from "@/api/workspace";
import { Asked } from "@/parts/asked";
import { Page } from "@/parts/page";
import { Ago, Card, PageLink, Status } from "@/parts/said";

interface OverviewJob {
  name: string;
  displayName: string;
  experiment: string;
  type: string;
  status: string;
  reason?: string;
  created: number;
}

interface Concern {
  kind: string;
  name: string;
  version: string;
  within: string;
  why: string;
  at: number;
  severity: string;
}

interface Overview {
  counts: Record<string, number>;
  statuses: Record<string, number>;
  running: OverviewJob[];
  waiting: OverviewJob[];
  recent: OverviewJob[];
  attention: Concern[];
}

const useStyles = makeStyles({
  page: { display: "grid", gap: "20px", maxWidth: "1320px" },
  starts: { display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(220px, 1fr))", gap: "12px" },
  start: {
    display: "grid",
    gridTemplateColumns: "auto 1fr",
    columnGap: "12px",
    alignItems: "center",
    padding: "14px 16px",
    borderRadius: tokens.borderRadiusLarge,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorNeutralBackground1,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: "none",
    ":hover": {
      borderTopColor: tokens.colorBrandStroke1,
      borderBottomColor: tokens.colorBrandStroke1,
      borderLeftColor: tokens.colorBrandStroke1,
      borderRightColor: tokens.colorBrandStroke1,
    },
    "& svg": { color: tokens.colorBrandForeground1, gridRow: "span 2" },
  },
  hint: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  columns: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 3fr) minmax(300px, 2fr)",
    gap: "16px",
    alignItems: "start",
  },
  column: { display: "grid", gap: "16px", minWidth: 0 },
  list: { listStyleType: "none", margin: 0, padding: 0 },
  row: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) auto 92px",
    gap: "12px",
    alignItems: "center",
    minHeight: "38px",
    borderTop: `1px solid ${tokens.colorNeutralStroke3}`,
    ":first-child": { borderTop: "none" },
  },
  concern: {
    display: "grid",
    gridTemplateColumns: "20px minmax(0, 1fr)",
    gap: "8px",
    padding: "8px 0",
    borderTop: `1px solid ${tokens.colorNeutralStroke3}`,
    ":first-child": { borderTop: "none" },
  },
  bad: { color: tokens.colorStatusDangerForeground1 },
  odd: { color: tokens.colorStatusWarningForeground1 },
  well: { display: "flex", gap: "8px", alignItems: "center", color: tokens.colorStatusSuccessForeground1 },
  cut: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  name: { display: "flex", gap: "8px", alignItems: "baseline" },
  why: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200, overflowWrap: "anywhere" },
  end: { textAlign: "right" },
  counts: { display: "grid", gridTemplateColumns: "1fr 1fr", columnGap: "24px", rowGap: "6px" },
  count: { display: "flex", justifyContent: "space-between" },
});

/** What one begins with: starting points, what runs, what was done of late, what needs attention. */
export default function Home() {
  const { t } = useTranslation();
  const styles = useStyles();
  const { workspace } = useWorkspace();
  const overview = useGet<Overview>("/overview", {}, { refetchInterval: 10_000 });
  return (
    <Page title={workspace} name={t("Home")}>
      <div className={styles.page}>
        <Starts />
        <Asked of={overview} lines={12}>
          {(told) => (
            <div className={styles.columns}>
              <div className={styles.column}>
                {(told.running.length > 0 || told.waiting.length > 0) && (
                  <Card title={t("Now")}>
                    <Jobs of={[...told.running, ...told.waiting]} />
                  </Card>
                )}
                <Recent of={told.recent} />
              </div>
              <div className={styles.column}>
                <Attention of={told.attention} />
                <Counts of={told.counts} />
              </div>
            </div>
          )}
        </Asked>
      </div>
    </Page>
  );
}

function Starts() {
  const { t } = useTranslation();
  const styles = useStyles();
  const { to } = useWorkspace();
  const starts: [icon: ReactNode, title: string, hint: string, to: string][] = [
    [<Rocket24Regular key="job" />, t("New job"), t("Run a script or a YAML job"), to("new")],
    [<BranchFork24Regular key="sweep" />, t("New sweep"), t("Let the best parameters be found"), to("new", "sweep")],
    [
      <ServerLink24Regular key="deploy" />,
      t("Deploy a model"),
      t("A model behind a keyed endpoint"),
      to("endpoints", "new"),
    ],
    [<TableAdd24Regular key="data" />, t("Add data"), t("Files that jobs can name"), `${to("data")}?new`],
  ];
  return (
    <nav className={styles.starts} aria-label={t("Begin")}>
      {starts.map(([icon, title, hint, address]) => (
        <Link key={title} to={address} className={styles.start}>
          {icon}
          <Text weight="semibold">{title}</Text>
          <span className={styles.hint}>{hint}</span>
        </Link>
      ))}
    </nav>
  );
}

function Recent({ of }: { of: OverviewJob[] }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const { to } = useWorkspace();
  return (
    <Card title={t("Recent jobs")} actions={<PageLink to={to("jobs")}>{t("All jobs")}</PageLink>}>
      {of.length ? (
        <Jobs of={of} />
      ) : (
        <Text className={styles.hint}>
          {t("Nothing ran here yet. A new job takes a minute to write and a second to start.")}
        </Text>
      )}
    </Card>
  );
}

function Jobs({ of }: { of: OverviewJob[] }) {
  const styles = useStyles();
  const { to } = useWorkspace();
  return (
    <ul className={styles.list}>
      {of.map((job) => (
        <li key={job.name} className={styles.row}>
          <div className={styles.cut}>
            <div className={styles.name}>
              <PageLink to={to("jobs", job.name)}>{job.displayName || job.name}</PageLink>
              <span className={styles.hint}>{job.experiment}</span>
            </div>
            {job.reason && <div className={mergeClasses(styles.hint, styles.cut)}>{job.reason}</div>}
          </div>
          <Status of={job.status} />
          <span className={mergeClasses(styles.hint, styles.end)}>
            <Ago at={job.created} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function Attention({ of }: { of: Concern[] }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const { to } = useWorkspace();
  return (
    <Card
      title={t("Needs attention")}
      actions={
        of.length > 0 && (
          <Badge color="danger" appearance="tint">
            {of.length}
          </Badge>
        )
      }
    >
      {of.length === 0 && (
        <Text className={styles.well}>
          <CheckmarkCircle20Filled /> {t("All is well.")}
        </Text>
      )}
      <ul className={styles.list}>
        {of.map((each) => {
          const place = placeOf(each, to);
          const name = [each.within, each.name, each.version].filter(Boolean).join(" / ");
          return (
            <li key={`${each.kind} ${name}`} className={styles.concern}>
              {each.severity === "error" ? (
                <ErrorCircle16Filled className={styles.bad} />
              ) : (
                <Warning16Filled className={styles.odd} />
              )}
              <div>
                <div className={styles.cut}>{place ? <PageLink to={place}>{name}</PageLink> : name}</div>
                <div className={styles.why}>{each.why}</div>
                <div className={styles.hint}>
                  <Ago at={each.at} />
                </div>
              </div>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}

const COUNTED: [kind: string, text: string, folder: string][] = [
  ["job", "Jobs", "jobs"],
  ["data", "Data", "data"],
  ["model", "Models", "models"],
  ["environment", "Environments", "environments"],
  ["component", "Components", "components"],
  ["online-endpoint", "Endpoints", "endpoints"],
  ["compute", "Compute", "compute"],
  ["datastore", "Datastores", "datastores"],
];

function Counts({ of }: { of: Record<string, number> }) {
  const { t, i18n } = useTranslation();
  const styles = useStyles();
  const { to } = useWorkspace();
  return (
    <Card title={t("In this workspace")}>
      <div className={styles.counts}>
        {COUNTED.map(([kind, text, folder]) => (
          <div key={kind} className={styles.count}>
            <PageLink to={to(folder)}>{t(text)}</PageLink>
            <span>{(of[kind] ?? 0).toLocaleString(i18n.language)}</span>
          </div>
        ))}
      </div>
    </Card>
  );
}
