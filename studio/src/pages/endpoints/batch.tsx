/** One batch endpoint: what is behind it, how it is asked, and the jobs that answered. */
import {
  Badge,
  Button,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { Delete20Regular, Flash28Regular, MoreHorizontal20Regular, Play20Regular } from "@fluentui/react-icons";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { useChange, useGet, useWorkspace } from "@/api/workspace";
import { Asked, Loading } from "@/parts/asked";
import { Confirm } from "@/parts/confirm";
import { Page } from "@/parts/page";
import { Empty } from "@/parts/problem";
import { Ago, Card, Facts, PageLink, Status, span } from "@/parts/said";
import { type Column, Table } from "@/parts/table";
import { useTell, useTellProblem } from "@/shell/told";
import { seconds } from "./documents";
import { Invoke } from "./invoke";
import { DeleteEndpoint } from "./online";
import {
  type BatchDeployment,
  type BatchEndpoint,
  type Listed,
  named,
  useBatchDeployments,
  useBatchEndpoint,
} from "./reads";
import { Address, AssetLink } from "./small";

const Origin = lazy(() => import("./origin"));
const Activity = lazy(() => import("./activity"));

const useStyles = makeStyles({
  page: { display: "grid", gap: "16px" },
  cards: { display: "grid", gap: "16px", gridTemplateColumns: "repeat(auto-fill, minmax(360px, 1fr))" },
  heading: { margin: "8px 0 0", fontSize: tokens.fontSizeBase400, fontWeight: tokens.fontWeightSemibold },
});

interface BatchProps {
  endpoint: BatchEndpoint;
  deployments: BatchDeployment[];
}

export default function Batch() {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const { name = "", tab = "details" } = useParams();
  const endpoint = useBatchEndpoint(name);
  const deployments = useBatchDeployments(name);
  const here = (key: string) =>
    key === "details" ? to("endpoints", "batch", name) : to("endpoints", "batch", name, key);
  const tabs = [
    ["details", t("Details")],
    ["invoke", t("Invoke")],
    ["jobs", t("Jobs")],
    ["lineage", t("Lineage")],
    ["activity", t("Activity")],
  ].map(([key = "", text = ""]) => ({ key, text, to: here(key) }));
  return (
    <Page
      title={name}
      crumbs={[{ text: t("Endpoints"), to: `${to("endpoints")}?kind=batch` }]}
      beside={endpoint.data && <Status of={endpoint.data.properties.provisioningState} />}
      tabs={tabs}
      tab={tab}
      full={tab === "jobs"}
      actions={endpoint.data && <Actions endpoint={endpoint.data} invoke={here("invoke")} />}
    >
      <Asked of={endpoint}>
        {(one) => (
          <Asked of={deployments}>
            {({ value }) => (
              <Suspense fallback={<Loading />}>
                <Shown tab={tab} endpoint={one} deployments={value} />
              </Suspense>
            )}
          </Asked>
        )}
      </Asked>
    </Page>
  );
}

function Shown({ tab, endpoint, deployments }: BatchProps & { tab: string }): ReactNode {
  if (tab === "invoke") return <Invoke endpoint={endpoint} deployments={deployments} />;
  if (tab === "jobs") return <Jobs name={endpoint.name} />;
  if (tab === "lineage") return <Origin collection="batchEndpoints" name={endpoint.name} />;
  if (tab === "activity") return <Activity collection="batchEndpoints" name={endpoint.name} />;
  return <Details endpoint={endpoint} deployments={deployments} />;
}

function Actions({ endpoint, invoke }: { endpoint: BatchEndpoint; invoke: string }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [isLeaving, setLeaving] = useState(false);
  return (
    <>
      <Button appearance="primary" icon={<Play20Regular />} onClick={() => navigate(invoke)}>
        {t("Invoke")}
      </Button>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <Button icon={<MoreHorizontal20Regular />} aria-label={t("More actions")} />
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <MenuItem icon={<Delete20Regular />} onClick={() => setLeaving(true)}>
              {t("Delete endpoint")}
            </MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
      <DeleteEndpoint
        name={endpoint.name}
        collection="batchEndpoints"
        isOpen={isLeaving}
        close={() => setLeaving(false)}
      />
    </>
  );
}

function Details({ endpoint, deployments }: BatchProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const standard = endpoint.properties.defaults?.deploymentName;
  return (
    <div className={styles.page}>
      <Card title={t("Endpoint")}>
        <Facts
          of={[
            [t("State"), <Status key="state" of={endpoint.properties.provisioningState} />],
            [t("Description"), endpoint.properties.description],
            [t("Address"), <Address key="uri" of={endpoint.properties.scoringUri} />],
            [t("Default deployment"), standard ?? "–"],
            [t("Created by"), endpoint.systemData?.createdBy],
            [t("Created"), <Ago key="at" at={endpoint.systemData?.createdAt} />],
          ]}
        />
      </Card>
      <h2 className={styles.heading}>{t("Deployments")}</h2>
      {!deployments.length && (
        <Empty
          title={t("Nothing answers here yet")}
          hint={t("Create one: lazuli batch-deployment create -f deployment.yml")}
        />
      )}
      <div className={styles.cards}>
        {deployments.map((each) => (
          <DeploymentCard
            key={each.name}
            endpoint={endpoint.name}
            deployment={each}
            isDefault={each.name === standard}
          />
        ))}
      </div>
    </div>
  );
}

interface CardProps {
  endpoint: string;
  deployment: BatchDeployment;
  isDefault: boolean;
}

function DeploymentCard({ endpoint, deployment, isDefault }: CardProps) {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const tell = useTell();
  const tellProblem = useTellProblem();
  const [isLeaving, setLeaving] = useState(false);
  const { name, properties: said } = deployment;
  const component = named(said.deploymentConfiguration?.componentId);
  const choose = useChange<void>(
    (_, { api }) =>
      api.PATCH("/batchEndpoints/{name}", {
        params: { path: { name: endpoint } },
        body: { properties: { defaults: { deploymentName: name } } } as never,
      }),
    "/batchEndpoints",
  );
  const remove = useChange<void>(
    (_, { api }) =>
      api.DELETE("/batchEndpoints/{name}/deployments/{version}", {
        params: { path: { name: endpoint, version: name } },
      }),
    "/batchEndpoints",
  );
  const act = () =>
    remove.mutateAsync().then(() => tell({ title: t("The deployment {{name}} is deleted.", { name }) }), tellProblem);
  const title = (
    <>
      {name}
      <Status of={said.provisioningState} />
      {isDefault && <Badge appearance="outline">{t("Default")}</Badge>}
    </>
  );
  return (
    <Card
      title={title}
      actions={
        <>
          {!isDefault && (
            <Button
              size="small"
              disabled={choose.isPending}
              onClick={() => choose.mutate(undefined, { onError: tellProblem })}
            >
              {t("Make it the default")}
            </Button>
          )}
          <Button
            size="small"
            appearance="subtle"
            icon={<Delete20Regular />}
            aria-label={t("Delete {{name}}", { name })}
            onClick={() => setLeaving(true)}
          />
        </>
      }
    >
      <Facts
        of={[
          [t("Model"), said.model ? <AssetLink key="model" of={said.model} page="models" /> : ""],
          [
            t("Pipeline"),
            component && (
              <PageLink
                to={to("components", component.name, component.version)}
              >{`${component.name}:${component.version}`}</PageLink>
            ),
          ],
          [
            t("Environment"),
            said.environmentId ? <AssetLink key="environment" of={said.environmentId} page="environments" /> : "",
          ],
          [t("Script"), said.codeConfiguration?.scoringScript],
          [t("Files at a time"), said.miniBatchSize],
          [t("Processes on a node"), said.maxConcurrencyPerInstance],
          [t("Nodes"), said.resources?.instanceCount],
          [t("Results"), said.outputAction === "SummaryOnly" ? t("The script writes them") : said.outputFileName],
          [
            t("Tries"),
            said.retrySettings &&
              t("{{count}}, of {{time}} each", {
                count: said.retrySettings.maxRetries ?? 3,
                time: span(seconds(said.retrySettings.timeout, 30) * 1000),
              }),
          ],
          [t("Changed"), <Ago key="at" at={deployment.systemData?.lastModifiedAt} />],
        ]}
      />
      <Confirm
        title={t("Delete {{name}}?", { name })}
        verb={t("Delete")}
        typed={name}
        isOpen={isLeaving}
        close={() => setLeaving(false)}
        act={act}
      >
        {t("Its jobs and what they made stay.")}
      </Confirm>
    </Card>
  );
}

interface BatchJobRow {
  id: string;
  name: string;
  properties: {
    status?: string;
    displayName?: string;
    properties?: Record<string, string>;
    inputs?: Record<string, { uri?: string; value?: string }>;
  };
  systemData?: { createdAt?: string; createdBy?: string };
}

function Jobs({ name }: { name: string }) {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const jobs = useGet<Listed<BatchJobRow>>(
    "/batchEndpoints/{name}/jobs",
    { params: { path: { name } } },
    { refetchInterval: 5_000 },
  );
  const columns: Column<BatchJobRow>[] = [
    {
      key: "name",
      title: t("Job"),
      width: "minmax(220px, 2fr)",
      cell: (row) => <PageLink to={to("jobs", row.name)}>{row.properties.displayName || row.name}</PageLink>,
    },
    { key: "status", title: t("State"), width: "140px", cell: (row) => <Status of={row.properties.status} /> },
    {
      key: "deployment",
      title: t("Deployment"),
      width: "minmax(120px, 1fr)",
      cell: (row) => row.properties.properties?.["azureml.deploymentname"] ?? "–",
    },
    { key: "by", title: t("Asked by"), width: "140px", cell: (row) => row.systemData?.createdBy ?? "–" },
    { key: "at", title: t("Asked"), width: "140px", cell: (row) => <Ago at={row.systemData?.createdAt} /> },
  ];
  return (
    <Asked of={jobs}>
      {({ value }) => (
        <Table
          label={t("Jobs")}
          columns={columns}
          rows={value}
          keyOf={(row) => row.name}
          open={(row) => navigate(to("jobs", row.name))}
          empty={
            <Empty
              icon={<Flash28Regular />}
              title={t("Nobody asked yet")}
              hint={t("Each time the endpoint is invoked a job answers, which appears here.")}
            >
              <Button appearance="primary" onClick={() => navigate(to("endpoints", "batch", name, "invoke"))}>
                {t("Invoke")}
              </Button>
            </Empty>
          }
        />
      )}
    </Asked>
  );
}
