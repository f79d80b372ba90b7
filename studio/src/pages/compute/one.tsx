import { Button, makeStyles } from "@fluentui/react-components";
import { ArrowClockwise20Regular, Delete20Regular, Play20Regular, Stop20Regular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { useChange, useGet, useWorkspace } from "@/api/workspace";
import { Asked } from "@/parts/asked";
import { Confirm } from "@/parts/confirm";
import { Page } from "@/parts/page";
import { Empty } from "@/parts/problem";
import { Ago, Card, Facts, number, PageLink, Status } from "@/parts/said";
import { type Column, Table } from "@/parts/table";
import { useTell, useTellProblem } from "@/shell/told";
import { type Compute, useComputes } from "./computes";
import { Nodes } from "./nodes";
import { type Scale, ScaleFields, scaleSettings } from "./scale";

const useStyles = makeStyles({
  cards: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fit, minmax(340px, 1fr))",
    gap: "16px",
    alignItems: "start",
  },
  form: { display: "grid", gap: "12px" },
});

/** One cluster or instance: what it is, its nodes, what waits for it. */
export default function OneCompute() {
  const { t } = useTranslation();
  const { name = "", tab = "details" } = useParams();
  const { to } = useWorkspace();
  const computes = useComputes();
  const compute = computes.data?.find((each) => each.name === name);
  const tabs = [
    { key: "details", text: t("Details"), to: to("compute", name) },
    { key: "nodes", text: t("Nodes"), to: to("compute", name, "nodes") },
    { key: "jobs", text: t("Jobs"), to: to("compute", name, "jobs") },
  ];
  return (
    <Page
      title={name}
      crumbs={[{ text: t("Compute"), to: to("compute") }]}
      beside={compute && <Status of={compute.state} />}
      actions={compute && <Actions compute={compute} />}
      tabs={tabs}
      tab={tab}
      full={tab !== "details"}
    >
      <Asked of={computes}>
        {() => {
          if (!compute) return <Empty title={t("There is no compute of this name")} />;
          if (tab === "nodes") return <NodeList name={name} />;
          return tab === "jobs" ? <Queue name={name} /> : <Details compute={compute} />;
        }}
      </Asked>
    </Page>
  );
}

function Actions({ compute }: { compute: Compute }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { to } = useWorkspace();
  const tell = useTell();
  const tellProblem = useTellProblem();
  const [isAsking, setAsking] = useState(false);
  const path = { params: { path: { name: compute.name } } };
  const operate = useChange(async (verb: "start" | "stop" | "restart", { api }) => {
    await api.POST(`/computes/{name}/${verb}`, path);
  }, "/computes");
  const remove = useChange(async (_: void, { api }) => {
    await api.DELETE("/computes/{name}", path);
  }, "/computes");
  const act = (verb: "start" | "stop" | "restart") => operate.mutateAsync(verb).catch(tellProblem);
  const isOff = compute.state === "Stopped";
  return (
    <>
      {compute.isInstance && (
        <>
          <Button icon={<Play20Regular />} disabled={!isOff} onClick={() => act("start")}>
            {t("Start")}
          </Button>
          <Button icon={<Stop20Regular />} disabled={isOff} onClick={() => act("stop")}>
            {t("Stop")}
          </Button>
          <Button icon={<ArrowClockwise20Regular />} disabled={isOff} onClick={() => act("restart")}>
            {t("Restart")}
          </Button>
        </>
      )}
      <Button icon={<Delete20Regular />} onClick={() => setAsking(true)}>
        {t("Delete")}
      </Button>
      <Confirm
        title={t("Delete {{name}}?", { name: compute.name })}
        verb={t("Delete")}
        isOpen={isAsking}
        close={() => setAsking(false)}
        act={() =>
          remove
            .mutateAsync()
            .then(() => {
              tell({ title: t("{{name}} is deleted", { name: compute.name }) });
              navigate(to("compute"));
            })
            .catch(tellProblem)
        }
      >
        {t("Jobs that name it will find no place to run.")}
      </Confirm>
    </>
  );
}

function Details({ compute }: { compute: Compute }) {
  const { t, i18n } = useTranslation();
  const styles = useStyles();
  return (
    <div className={styles.cards}>
      <Card title={t("Details")}>
        <Facts
          of={[
            [t("Type"), compute.isInstance ? t("Compute instance") : t("Compute cluster")],
            [t("Size"), compute.size],
            [t("Tier"), compute.isInstance ? null : compute.isLowPriority ? t("Low priority") : t("Dedicated")],
            [t("Nodes"), compute.isInstance ? null : <Nodes key="nodes" of={compute} />],
            [t("Price per hour"), compute.price ? number(compute.price, i18n.language) : null],
            [t("Description"), compute.description],
            [
              t("Tags"),
              Object.entries(compute.tags)
                .map(([name, value]) => `${name}: ${value}`)
                .join(", "),
            ],
            [t("Created"), <Ago key="created" at={compute.created} />],
            [t("Created by"), compute.createdBy],
          ]}
        />
      </Card>
      {!compute.isInstance && (
        <ScaleCard key={`${compute.min} ${compute.max} ${compute.idleSeconds}`} compute={compute} />
      )}
    </div>
  );
}

function ScaleCard({ compute }: { compute: Compute }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const tell = useTell();
  const tellProblem = useTellProblem();
  const [scale, setScale] = useState<Scale>([compute.min, compute.max, compute.idleSeconds ?? 120]);
  const save = useChange(async (_: void, { api }) => {
    const body = { properties: { properties: { scaleSettings: scaleSettings(scale) } } };
    await api.PATCH("/computes/{name}", { params: { path: { name: compute.name } }, body: body as never });
  }, "/computes");
  const [min, max, idle] = scale;
  const isSame = min === compute.min && max === compute.max && idle === compute.idleSeconds;
  return (
    <Card title={t("Scale")}>
      <div className={styles.form}>
        <ScaleFields value={scale} change={setScale} />
        <Button
          appearance="primary"
          style={{ justifySelf: "start" }}
          disabled={isSame || save.isPending}
          onClick={() =>
            save
              .mutateAsync()
              .then(() => tell({ title: t("Saved") }))
              .catch(tellProblem)
          }
        >
          {t("Save")}
        </Button>
      </div>
    </Card>
  );
}

interface Node {
  nodeId: string;
  nodeState: string;
  privateIpAddress: string;
  runId?: string;
}

function NodeList({ name }: { name: string }) {
  const { t } = useTranslation();
  const { id, to, api } = useWorkspace();
  const nodes = useQuery({
    queryKey: [id, "/computes", name, "nodes"],
    refetchInterval: 5_000,
    queryFn: async ({ signal }) => {
      const { data } = await api.POST("/computes/{name}/listNodes", { params: { path: { name } }, signal });
      return (data as unknown as { nodes: Node[] }).nodes;
    },
  });
  const columns: Column<Node>[] = [
    { key: "id", title: t("Node"), cell: ({ nodeId }) => nodeId },
    { key: "state", title: t("State"), cell: ({ nodeState }) => <Status of={nodeState} /> },
    {
      key: "job",
      title: t("Job"),
      cell: ({ runId }) => (runId ? <PageLink to={to("jobs", runId)}>{runId}</PageLink> : "–"),
    },
    { key: "address", title: t("Address"), cell: ({ privateIpAddress }) => privateIpAddress },
  ];
  return (
    <Asked of={nodes}>
      {(rows) => (
        <Table
          label={t("Nodes")}
          columns={columns}
          rows={rows}
          keyOf={({ nodeId }) => nodeId}
          empty={<Empty title={t("No nodes now")} hint={t("They come when a job waits, and go when they are idle.")} />}
        />
      )}
    </Asked>
  );
}

interface Waiting {
  name: string;
  displayName?: string;
  status: string;
  reason?: string;
  since?: number;
}

/** What runs on it and what waits for it, in the order in which it will run. */
function Queue({ name }: { name: string }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { to } = useWorkspace();
  const path = { params: { path: { name } } };
  const queue = useGet<{ running: Waiting[]; waiting: Waiting[] }>("/computes/{name}/queue", path, {
    refetchInterval: 5_000,
  });
  const columns: Column<Waiting>[] = [
    {
      key: "name",
      title: t("Job"),
      cell: (row) => <PageLink to={to("jobs", row.name)}>{row.displayName || row.name}</PageLink>,
    },
    { key: "status", title: t("Status"), width: "140px", cell: (row) => <Status of={row.status} /> },
    { key: "reason", title: t("Why it waits"), width: "minmax(200px, 2fr)", cell: (row) => row.reason || "–" },
    { key: "since", title: t("Since"), width: "140px", cell: (row) => <Ago at={row.since} /> },
  ];
  return (
    <Asked of={queue}>
      {({ running, waiting }) => (
        <Table
          label={t("Jobs")}
          columns={columns}
          rows={[...running, ...waiting]}
          keyOf={(row) => row.name}
          open={(row) => navigate(to("jobs", row.name))}
          empty={<Empty title={t("Nothing runs or waits here")} />}
        />
      )}
    </Asked>
  );
}
