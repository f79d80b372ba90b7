import { Button, Field, Input, makeStyles, Textarea } from "@fluentui/react-components";
import { Delete20Regular } from "@fluentui/react-icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { type Doc, server } from "@/api/client";
import { useGet, useWorkspace } from "@/api/workspace";
import { Asked } from "@/parts/asked";
import { Confirm } from "@/parts/confirm";
import { Page } from "@/parts/page";
import { Ago, Card, Code, CopyButton, Facts, number, span } from "@/parts/said";
import { type Column, Table } from "@/parts/table";
import { useTell, useTellProblem } from "@/shell/told";

const PATH =
  "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.MachineLearningServices/workspaces/{workspace}";

const useStyles = makeStyles({
  page: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fit, minmax(440px, 1fr))",
    gap: "16px",
    alignItems: "start",
    maxWidth: "1320px",
  },
  column: { display: "grid", gap: "16px", minWidth: 0 },
  form: { display: "grid", gap: "12px" },
  row: { display: "flex", alignItems: "center", gap: "4px" },
});

/** What a workspace is, how programs reach it, what it used, and its end. */
export default function Settings() {
  const { t } = useTranslation();
  const styles = useStyles();
  const workspace = useWorkspace();
  const own = useQuery({
    queryKey: ["workspaces", workspace.id],
    queryFn: async ({ signal }) =>
      (await server.GET(PATH, { params: { path: workspace }, signal })).data as Doc<"WorkspaceResource">,
  });
  return (
    <Page title={t("Workspace settings")} actions={<Delete />}>
      <Asked of={own} lines={14}>
        {(resource) => (
          <div className={styles.page}>
            <div className={styles.column}>
              <Edit key={resource.etag} resource={resource} />
              <Essentials resource={resource} />
            </div>
            <div className={styles.column}>
              <Reach resource={resource} />
              <Usage />
            </div>
          </div>
        )}
      </Asked>
    </Page>
  );
}

function Edit({ resource }: { resource: Doc<"WorkspaceResource"> }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const workspace = useWorkspace();
  const queries = useQueryClient();
  const tell = useTell();
  const tellProblem = useTellProblem();
  const before = {
    friendlyName: resource.properties?.friendlyName ?? "",
    description: resource.properties?.description ?? "",
  };
  const tagged = Object.entries(resource.tags ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .join(", ");
  const [said, setSaid] = useState(before);
  const [tags, setTags] = useState(tagged);
  const isSame =
    said.friendlyName === before.friendlyName && said.description === before.description && tags === tagged;
  const save = async () => {
    const pairs = tags.split(",").flatMap((pair) => {
      const [name = "", ...value] = pair.split("=");
      return name.trim() ? [[name.trim(), value.join("=").trim()]] : [];
    });
    try {
      const body = { properties: said, tags: Object.fromEntries(pairs) };
      await server.PATCH(PATH, { params: { path: workspace }, body: body as never });
      await queries.invalidateQueries({ queryKey: ["workspaces"] });
      tell({ title: t("Saved") });
    } catch (error) {
      tellProblem(error);
    }
  };
  return (
    <Card title={workspace.workspace}>
      <div className={styles.form}>
        <Field label={t("Display name")}>
          <Input value={said.friendlyName} onChange={(_, { value }) => setSaid({ ...said, friendlyName: value })} />
        </Field>
        <Field label={t("Description")}>
          <Textarea value={said.description} onChange={(_, { value }) => setSaid({ ...said, description: value })} />
        </Field>
        <Field label={t("Tags")} hint={t("name=value, separated by commas")}>
          <Input value={tags} onChange={(_, { value }) => setTags(value)} />
        </Field>
        <Button appearance="primary" disabled={isSame} onClick={save} style={{ justifySelf: "start" }}>
          {t("Save")}
        </Button>
      </div>
    </Card>
  );
}

function Essentials({ resource }: { resource: Doc<"WorkspaceResource"> }) {
  const { t } = useTranslation();
  const { group, subscription } = useWorkspace();
  const last = (id: string | null | undefined) => id?.split("/").at(-1);
  const properties = resource.properties;
  return (
    <Card title={t("Essentials")}>
      <Facts
        of={[
          [t("Resource group"), group],
          [t("Subscription"), subscription],
          [t("Region"), resource.location],
          [t("Workspace id"), properties?.workspaceId],
          [t("Storage"), last(properties?.storageAccount)],
          [t("Key vault"), last(properties?.keyVault)],
          [t("Insights"), last(properties?.applicationInsights)],
          [t("Container registry"), last(properties?.containerRegistry)],
          [t("High business impact"), properties?.hbiWorkspace ? t("Yes") : t("No")],
          [t("Public network access"), t(properties?.publicNetworkAccess ?? "Enabled")],
          [t("Created"), <Ago key="created" at={resource.systemData?.createdAt as string} />],
        ]}
      />
    </Card>
  );
}

function Reach({ resource }: { resource: Doc<"WorkspaceResource"> }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const { group, workspace, subscription } = useWorkspace();
  const tracking = resource.properties?.mlFlowTrackingUri ?? "";
  const config = JSON.stringify(
    { subscription_id: subscription, resource_group: group, workspace_name: workspace },
    null,
    2,
  );
  return (
    <Card title={t("Reach it from code")}>
      <div className={styles.form}>
        <Field label={t("MLflow tracking URI")}>
          <div className={styles.row}>
            <Input readOnly value={tracking} style={{ flex: 1 }} />
            <CopyButton text={tracking} />
          </div>
        </Field>
        <Field label={t("config.json, for Workspace.from_config() and MLClient.from_config()")}>
          <Code text={config} />
        </Field>
        <Field label={t("Variables that a shell needs for mlflow and azure-ai-ml")}>
          <Code text={`eval "$(lazuli client-env -w ${workspace} -g ${group})"`} />
        </Field>
      </div>
    </Card>
  );
}

interface Spent {
  name: string;
  jobs: number;
  nodeSeconds: number;
  cost: number;
}

function Usage() {
  const { t, i18n } = useTranslation();
  const usage = useGet<{ value: Spent[] }>("/usage", { params: { query: { by: "compute" } } });
  const columns: Column<Spent>[] = [
    { key: "name", title: t("Compute"), cell: ({ name }) => name },
    { key: "jobs", title: t("Jobs"), align: "end", cell: ({ jobs }) => jobs.toLocaleString(i18n.language) },
    { key: "time", title: t("Node time"), align: "end", cell: ({ nodeSeconds }) => span(nodeSeconds * 1000) },
    { key: "cost", title: t("Cost"), align: "end", cell: ({ cost }) => number(cost, i18n.language) },
  ];
  return (
    <Card title={t("Used so far")}>
      <Asked of={usage} lines={3}>
        {({ value }) => (
          <Table within={260} label={t("Used so far")} columns={columns} rows={value} keyOf={({ name }) => name} />
        )}
      </Asked>
    </Card>
  );
}

function Delete() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const tell = useTell();
  const tellProblem = useTellProblem();
  const workspace = useWorkspace();
  const [isAsking, setAsking] = useState(false);
  const remove = async () => {
    try {
      await server.DELETE(PATH, { params: { path: workspace } });
      await queries.invalidateQueries({ queryKey: ["workspaces"] });
      tell({ title: t("{{name}} is deleted", { name: workspace.workspace }) });
      navigate("/workspaces");
    } catch (error) {
      tellProblem(error);
    }
  };
  return (
    <>
      <Button icon={<Delete20Regular />} onClick={() => setAsking(true)}>
        {t("Delete workspace")}
      </Button>
      <Confirm
        title={t("Delete {{name}} and everything in it?", { name: workspace.workspace })}
        verb={t("Delete")}
        typed={workspace.workspace}
        isOpen={isAsking}
        close={() => setAsking(false)}
        act={remove}
      >
        {t("Its jobs, runs, data, models, endpoints, secrets and logs go with it. Nothing of it can be brought back.")}
      </Confirm>
    </>
  );
}
