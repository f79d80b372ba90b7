/** Pipelines: the jobs that are some, those that are published to be run by a call, and what runs on a schedule. */
import { Button, Text } from "@fluentui/react-components";
import { Flow24Regular, Play16Regular, Rocket20Regular } from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import { useNavigate, useSearchParams } from "react-router";
import type { Doc } from "@/api/client";
import { fetched } from "@/api/client";
import { asProblem } from "@/api/problem";
import { useChange, useGet, useWorkspace } from "@/api/workspace";
import { useRows } from "@/pages/jobs/rows";
import { Schedules } from "@/pages/jobs/schedules";
import { Asked, Loading } from "@/parts/asked";
import { Page } from "@/parts/page";
import { Empty, ProblemView } from "@/parts/problem";
import { Ago, CopyButton, PageLink, Status, span } from "@/parts/said";
import { type Column, Table } from "@/parts/table";
import { useTell, useTellProblem } from "@/shell/told";

type Row = Doc<"JobRow">;

export default function Pipelines() {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const [address] = useSearchParams();
  const tab = address.get("tab") ?? "jobs";
  const tabs = [
    { key: "jobs", text: t("Pipeline jobs"), to: to("pipelines") },
    { key: "published", text: t("Published"), to: `${to("pipelines")}?tab=published` },
    { key: "schedules", text: t("Schedules"), to: `${to("pipelines")}?tab=schedules` },
  ];
  const actions = (
    <Button appearance="primary" icon={<Rocket20Regular />} onClick={() => navigate(`${to("new")}?template=pipeline`)}>
      {t("New pipeline")}
    </Button>
  );
  return (
    <Page title={t("Pipelines")} tabs={tabs} tab={tab} full actions={actions}>
      {tab === "published" ? <Published /> : tab === "schedules" ? <Schedules /> : <PipelineJobs />}
    </Page>
  );
}

const QUERY = { filter: "type = 'pipeline'", orderBy: "created desc" };

function PipelineJobs() {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const rows = useRows(QUERY);
  const columns: Column<Row>[] = [
    {
      key: "name",
      title: t("Display name"),
      width: "minmax(200px, 2fr)",
      cell: ({ name, displayName }) => <PageLink to={to("jobs", name)}>{displayName || name}</PageLink>,
    },
    {
      key: "status",
      title: t("Status"),
      width: "150px",
      cell: ({ status, reason }) => <Status of={status} why={reason} />,
    },
    { key: "experiment", title: t("Experiment"), cell: ({ experiment }) => experiment ?? "–" },
    { key: "created", title: t("Created"), width: "140px", cell: ({ created }) => <Ago at={created} /> },
    { key: "by", title: t("By"), width: "120px", cell: ({ createdBy }) => createdBy ?? "–" },
    {
      key: "took",
      title: t("Took"),
      width: "110px",
      align: "end",
      cell: ({ started, ended }) => span(started && ended ? ended - started : null),
    },
    { key: "job", title: t("Name"), cell: ({ name }) => name },
  ];
  if (rows.error) return <ProblemView problem={asProblem(rows.error)} />;
  if (rows.isLoading) return <Loading />;
  return (
    <Table
      label={t("Pipeline jobs")}
      columns={columns}
      total={rows.total}
      rowAt={rows.rowAt}
      onSeen={rows.onSeen}
      keyOf={({ name }) => name}
      open={({ name }) => navigate(to("jobs", name))}
      empty={
        <Empty
          icon={<Flow24Regular />}
          title={t("No pipeline has run here")}
          hint={t(
            "A pipeline runs steps that read what other steps wrote, and runs none again that would give the same.",
          )}
        >
          <Button appearance="primary" onClick={() => navigate(`${to("new")}?template=pipeline`)}>
            {t("Start from an example")}
          </Button>
        </Empty>
      }
    />
  );
}

interface PublishedResource {
  name: string;
  properties: { description?: string; latestVersion?: string; isArchived?: boolean };
  systemData?: { createdAt?: string; createdBy?: string };
}

function Published() {
  const { t } = useTranslation();
  const { id, to } = useWorkspace();
  const tell = useTell();
  const tellProblem = useTellProblem();
  const query = useGet<{ value: PublishedResource[] }>("/publishedPipelines");
  const callOf = (name: string) =>
    `${location.origin}/pipelines/v1.0${id}/PipelineRuns/PipelineEndpointSubmit/Name/${encodeURIComponent(name)}`;
  const run = useChange(async (name: string) => {
    const headers = { "Content-Type": "application/json" };
    return (await fetched(callOf(name), { method: "POST", headers, body: "{}" })).json() as Promise<{ Id: string }>;
  });
  const start = (name: string) =>
    run.mutate(name, {
      onSuccess: ({ Id }) => tell({ title: t("“{{name}}” runs", { name }), to: to("jobs", Id), link: t("Open") }),
      onError: tellProblem,
    });
  const columns: Column<PublishedResource>[] = [
    {
      key: "name",
      title: t("Name"),
      width: "minmax(180px, 1fr)",
      cell: ({ name }) => <Text weight="semibold">{name}</Text>,
    },
    {
      key: "version",
      title: t("Newest version"),
      width: "140px",
      cell: ({ properties }) => properties.latestVersion ?? "–",
    },
    {
      key: "about",
      title: t("Description"),
      width: "minmax(180px, 2fr)",
      cell: ({ properties }) => properties.description || "–",
    },
    {
      key: "created",
      title: t("Created"),
      width: "130px",
      cell: ({ systemData }) => <Ago at={systemData?.createdAt} />,
    },
    {
      key: "call",
      title: t("Address to call"),
      width: "minmax(160px, 1fr)",
      cell: ({ name }) => (
        <>
          <CopyButton text={callOf(name)} /> <span title={callOf(name)}>…/{name}</span>
        </>
      ),
    },
    {
      key: "run",
      title: "",
      width: "110px",
      cell: ({ name }) => (
        <Button size="small" icon={<Play16Regular />} onClick={() => start(name)}>
          {t("Run")}
        </Button>
      ),
    },
  ];
  return (
    <Asked of={query}>
      {({ value }) => (
        <Table
          label={t("Published pipelines")}
          columns={columns}
          rows={value}
          keyOf={({ name }) => name}
          empty={
            <Empty
              icon={<Flow24Regular />}
              title={t("No pipeline is published")}
              hint={t("Published pipelines are run by a call. “lazuli published-pipeline create” makes one.")}
            />
          }
        />
      )}
    </Asked>
  );
}
