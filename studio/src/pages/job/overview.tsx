/** What there is to know of a job at one look. */
import {
  Button,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
  makeStyles,
  Text,
  tokens,
} from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { fetched } from "@/api/client";
import { useWorkspace } from "@/api/workspace";
import { type InOut, isOver, type JobFacts, type Run, useJob, useJournal, useRun } from "@/pages/job/job";
import { NamedLink, Written } from "@/pages/job/named";
import { phasesOf, withMetric } from "@/pages/job/phases";
import { Tags } from "@/pages/job/tags";
import { Timeline } from "@/pages/job/timeline";
import { Asked } from "@/parts/asked";
import { Ago, Card, Code, Facts, number, PageLink, span } from "@/parts/said";

const useStyles = makeStyles({
  page: {
    display: "grid",
    gap: "16px",
    gridTemplateColumns: "minmax(0, 3fr) minmax(0, 2fr)",
    alignItems: "start",
    "@media (max-width: 1100px)": { gridTemplateColumns: "minmax(0, 1fr)" },
  },
  wide: { gridColumn: "1 / -1", display: "grid", gap: "16px" },
  column: { display: "grid", gap: "16px", minWidth: 0 },
  values: { width: "100%", borderCollapse: "collapse", tableLayout: "fixed" },
  key: {
    textAlign: "left",
    fontWeight: tokens.fontWeightRegular,
    color: tokens.colorNeutralForeground3,
    padding: "4px 12px 4px 0",
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
  },
  value: { padding: "4px 0", textAlign: "right", fontVariantNumeric: "tabular-nums", overflowWrap: "anywhere" },
  said: { padding: "4px 0", overflowWrap: "anywhere" },
  none: { color: tokens.colorNeutralForeground3 },
  code: { maxHeight: "340px", overflow: "auto" },
});

export default function Overview() {
  const styles = useStyles();
  const { t } = useTranslation();
  const { name, job } = useJob();
  const said = job.properties;
  const journal = useJournal(name);
  const run = useRun(name);
  return (
    <div className={styles.page}>
      <div className={styles.wide}>
        {said.error && <Failure error={said.error} />}
        <Card title={t("Progress")}>
          {said.statusReason && (
            <Text block style={{ marginBottom: 10 }}>
              {said.statusReason}
            </Text>
          )}
          <Asked of={journal} lines={1}>
            {({ value }) => <Timeline phases={phasesOf(value)} />}
          </Asked>
        </Card>
      </div>
      <div className={styles.column}>
        {said.description && (
          <Card title={t("Description")}>
            <Written text={said.description} />
          </Card>
        )}
        <Runs said={said} />
        <InsAndOuts said={said} />
        <Yaml name={name} />
      </div>
      <div className={styles.column}>
        <Properties />
        <Card title={t("Tags")}>
          <Tags />
        </Card>
        <Asked of={run}>
          {(found) => (
            <>
              <Metrics found={found} />
              <Params found={found} />
              <Git said={said} found={found} />
            </>
          )}
        </Asked>
      </div>
    </div>
  );
}

function Failure({ error }: { error: { code?: string; message?: string } }) {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const { name } = useJob();
  const navigate = useNavigate();
  return (
    <MessageBar intent="error" layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>{error.code || t("The job failed")}</MessageBarTitle>
        <span style={{ whiteSpace: "pre-wrap" }}>{error.message}</span>
      </MessageBarBody>
      <MessageBarActions>
        <Button onClick={() => navigate(to("jobs", name, "outputs"))}>{t("Show the log")}</Button>
      </MessageBarActions>
    </MessageBar>
  );
}

function Properties() {
  const { t, i18n } = useTranslation();
  const { to } = useWorkspace();
  const { name, job } = useJob();
  const said = job.properties;
  const facts = said.properties ?? {};
  const created = job.systemData;
  const seconds = facts["lazuli.node_seconds"];
  const cost = facts["lazuli.cost"];
  const experiment = said.experimentName ?? "Default";
  const took = said.startTime && said.endTime ? Date.parse(said.endTime) - Date.parse(said.startTime) : null;
  const compute = said.computeId;
  return (
    <Card title={t("Properties")}>
      <Facts
        of={[
          [t("Name"), name],
          [t("Type"), t(said.jobType)],
          [
            t("Experiment"),
            <PageLink key="experiment" to={`${to("jobs")}?experiment=${encodeURIComponent(experiment)}`}>
              {experiment}
            </PageLink>,
          ],
          [t("Created by"), created?.createdBy],
          [t("Created"), <Ago key="created" at={created?.createdAt} />],
          [t("Started"), said.startTime && <Ago key="started" at={said.startTime} />],
          [t("Ended"), isOver(said.status) && said.endTime && <Ago key="ended" at={said.endTime} />],
          [t("Duration"), took !== null && span(took)],
          [t("Compute"), compute ? <NamedLink key="compute" address={compute} kind="computes" /> : t("This machine")],
          [t("Nodes"), said.resources?.instanceCount],
          [t("Distribution"), said.distribution?.distributionType],
          [t("Time limit"), said.limits?.timeout],
          [t("Node time"), seconds && span(Number(seconds) * 1000)],
          [t("Cost"), cost && number(Number(cost), i18n.language)],
          [t("Attempt"), facts["lazuli.attempt"]],
          [
            t("Environment"),
            said.environmentId && <NamedLink key="environment" address={said.environmentId} kind="environments" />,
          ],
        ].map(([term, value]) => [term as string, value === false ? null : value])}
      />
    </Card>
  );
}

/** What it runs. */
function Runs({ said }: { said: JobFacts }) {
  const { t } = useTranslation();
  const command = said.command ?? said.trial?.command;
  if (!command) return null;
  const variables = Object.entries(said.environmentVariables ?? {});
  return (
    <Card title={t("Command")}>
      <Code text={command} />
      {variables.length > 0 && (
        <div style={{ marginTop: 12 }}>
          <Facts of={variables.map(([key, value]) => [key, value])} />
        </div>
      )}
    </Card>
  );
}

function InsAndOuts({ said }: { said: JobFacts }) {
  const { t } = useTranslation();
  return (
    <>
      <Card title={t("Inputs")}>
        <Ports of={said.inputs ?? {}} none={t("It reads nothing.")} />
      </Card>
      <Card title={t("Outputs")}>
        <Ports of={said.outputs ?? {}} none={t("It has no named outputs; its files are under Outputs and logs.")} />
      </Card>
    </>
  );
}

function Ports({ of, none }: { of: Record<string, InOut>; none: string }) {
  const styles = useStyles();
  const { name } = useJob();
  const ports = Object.entries(of);
  if (!ports.length) return <Text className={styles.none}>{none}</Text>;
  return (
    <table className={styles.values}>
      <tbody>
        {ports.map(([port, { jobInputType, jobOutputType, value, uri }]) => (
          <tr key={port}>
            <th scope="row" className={styles.key} style={{ width: "32%" }} title={port}>
              {port}
            </th>
            <td className={styles.said}>
              {uri || (value && isAddress(value)) ? (
                <NamedLink address={(uri || value) ?? ""} />
              ) : jobOutputType ? (
                <NamedLink address={`azureml://jobs/${name}/outputs/${port}`} text={port} />
              ) : (
                value
              )}{" "}
              <Text size={200} className={styles.none}>
                {jobInputType === "literal" ? "" : (jobInputType ?? jobOutputType)}
              </Text>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const isAddress = (value: string) => /^(azureml:|\/subscriptions\/|https?:\/\/)/.test(value);

/** The last value of each metric, as they come. */
function Metrics({ found }: { found: Run | null }) {
  const styles = useStyles();
  const { t, i18n } = useTranslation();
  const { to } = useWorkspace();
  const { name, listen } = useJob();
  const [metrics, setMetrics] = useState(found?.data.metrics ?? []);
  useEffect(() => setMetrics(found?.data.metrics ?? []), [found]);
  useEffect(
    () =>
      listen(({ event, data }) => {
        if (event === "metric") setMetrics((known) => withMetric(known, data as (typeof known)[number]));
      }),
    [listen],
  );
  if (!metrics.length) return null;
  return (
    <Card title={t("Latest metrics")} actions={<PageLink to={to("jobs", name, "metrics")}>{t("Curves")}</PageLink>}>
      <table className={styles.values}>
        <tbody>
          {metrics.slice(0, 30).map(({ key, value }) => (
            <tr key={key}>
              <th scope="row" className={styles.key} title={key}>
                {key}
              </th>
              <td className={styles.value}>{typeof value === "number" ? number(value, i18n.language) : value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function Params({ found }: { found: Run | null }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const params = found?.data.params ?? [];
  if (!params.length) return null;
  return (
    <Card title={t("Parameters")}>
      <table className={styles.values}>
        <tbody>
          {params.map(({ key, value }) => (
            <tr key={key}>
              <th scope="row" className={styles.key} title={key}>
                {key}
              </th>
              <td className={styles.value}>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function Git({ said, found }: { said: JobFacts; found: Run | null }) {
  const { t } = useTranslation();
  const facts = said.properties ?? {};
  const tags = Object.fromEntries((found?.data.tags ?? []).map(({ key, value }) => [key, value]));
  const told = (word: string, other: string) =>
    facts[`azureml.git.${word}`] ?? facts[`mlflow.source.git.${other}`] ?? tags[`mlflow.source.git.${other}`];
  const repository = told("repository_uri", "repoURL");
  const commit = told("commit", "commit");
  const branch = told("branch", "branch");
  const isDirty = facts["azureml.git.dirty"];
  if (!repository && !commit) return null;
  return (
    <Card title={t("Git")}>
      <Facts
        of={[
          [t("Repository"), repository && <NamedLink key="repository" address={repository} />],
          [t("Branch"), branch],
          [t("Commit"), commit && <Text font="monospace">{commit.slice(0, 12)}</Text>],
          [t("Uncommitted changes"), isDirty && (isDirty.toLowerCase() === "true" ? t("Yes") : t("No"))],
        ]}
      />
    </Card>
  );
}

/** The job as the file that would submit it again. */
function Yaml({ name }: { name: string }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { id } = useWorkspace();
  const file = useQuery({
    queryKey: [id, `/jobs/${name}/file`],
    queryFn: async ({ signal }) => (await fetched(`${id}/jobs/${encodeURIComponent(name)}/file`, { signal })).text(),
  });
  return (
    <Card title={t("As YAML")}>
      <Asked of={file}>
        {(text) => (
          <div className={styles.code}>
            <Code text={text.trimEnd()} />
          </div>
        )}
      </Asked>
    </Card>
  );
}
