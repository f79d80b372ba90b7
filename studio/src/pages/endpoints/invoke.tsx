/** Asks a batch endpoint: what it is given, and how this once; the answer is a job. */
import { Button, Field, Input, makeStyles, Select, Tooltip } from "@fluentui/react-components";
import { Add16Regular, Delete16Regular, Play20Regular } from "@fluentui/react-icons";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useSearchParams } from "react-router";
import { useChange, useGet, useWorkspace } from "@/api/workspace";
import { useRead } from "@/pages/assets/reads";
import { type ComponentResource, specOf } from "@/pages/components/component";
import { Empty, Refused } from "@/parts/problem";
import { Card, Code } from "@/parts/said";
import { useTell } from "@/shell/told";
import { type Given, givenOf, invokeCommand, invokeRest } from "./giving";
import { type BatchDeployment, type BatchEndpoint, isAnonymous, type Listed } from "./reads";

const useStyles = makeStyles({
  page: { display: "grid", gap: "16px", maxWidth: "900px" },
  row: {
    display: "grid",
    gridTemplateColumns: "140px 150px minmax(0, 1fr) 32px",
    gap: "8px",
    alignItems: "end",
    "& input": { minWidth: 0, width: "100%" },
  },
  stack: { display: "grid", gap: "12px" },
  three: { display: "grid", gridTemplateColumns: "repeat(3, minmax(0, 1fr))", gap: "12px" },
});

const ONE: Given[] = [{ name: "input", kind: "UriFolder", value: "" }];

interface Props {
  endpoint: BatchEndpoint;
  deployments: BatchDeployment[];
}

export function Invoke({ endpoint, deployments }: Props) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const tell = useTell();
  const [query] = useSearchParams();
  const [deployment, setDeployment] = useState(query.get("deployment") ?? "");
  const [said, setGiven] = useState<Given[] | null>(null);
  const [once, setOnce] = useState({ miniBatch: "", nodes: "", file: "" });
  const chosen = deployments.find(({ name }) => name === (deployment || endpoint.properties.defaults?.deploymentName));
  const isPipeline = !!chosen?.properties.deploymentConfiguration;
  const asset = chosen?.properties.deploymentConfiguration?.componentId?.assetId ?? "";
  const component = useRead<ComponentResource>(asset.slice(asset.indexOf("/components/")), { enabled: isPipeline });
  const given = said ?? (isPipeline ? givenOf(component.data ? (specOf(component.data).inputs ?? {}) : {}) : ONE);
  const ask = useChange<void, { name: string }>(async (_, { api }) => {
    const answer = await api.POST("/batchEndpoints/{name}/jobs", {
      params: { path: { name: endpoint.name } },
      headers: deployment ? { "azureml-model-deployment": deployment } : {},
      body: invokeRest(given, once) as never,
    });
    return answer.data as unknown as { name: string };
  }, "/batchEndpoints");
  const submit = () =>
    ask.mutate(undefined, {
      onSuccess: ({ name }) => {
        tell({ title: t("A job answers: {{name}}", { name }) });
        navigate(to("jobs", name));
      },
    });
  if (!deployments.length)
    return (
      <Empty
        title={t("Nothing answers here yet")}
        hint={t("Create one: lazuli batch-deployment create -f deployment.yml")}
      />
    );
  const put = (index: number, next: Given) => setGiven(given.map((each, at) => (at === index ? next : each)));
  const isReady = given.every(({ name, value }) => name && value);
  return (
    <div className={styles.page}>
      <Card title={t("Who answers")}>
        <Field label={t("Deployment")}>
          <Select
            value={deployment}
            onChange={(_, { value }) => {
              setDeployment(value);
              setGiven(null);
            }}
          >
            <option value="">
              {t("The default: {{name}}", { name: endpoint.properties.defaults?.deploymentName ?? "–" })}
            </option>
            {deployments.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
        </Field>
      </Card>
      <Card title={t("What it is given")}>
        <div className={styles.stack}>
          {given.map((each, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: an input is its place
            <div key={index} className={styles.row}>
              <Field label={t("Name")}>
                <Input value={each.name} onChange={(_, { value }) => put(index, { ...each, name: value })} />
              </Field>
              <Field label={t("Kind")}>
                <Select
                  value={each.kind}
                  onChange={(_, { value }) => put(index, { ...each, kind: value as Given["kind"] })}
                >
                  <option value="UriFolder">{t("Folder")}</option>
                  <option value="UriFile">{t("File")}</option>
                  <option value="MLTable">{t("Table")}</option>
                  <option value="literal">{t("Value")}</option>
                </Select>
              </Field>
              {each.kind === "literal" ? (
                <Field label={t("Value")}>
                  <Input value={each.value} onChange={(_, { value }) => put(index, { ...each, value })} />
                </Field>
              ) : (
                <DataField value={each.value} set={(value) => put(index, { ...each, value })} />
              )}
              <Tooltip content={t("Remove")} relationship="label">
                <Button
                  appearance="subtle"
                  icon={<Delete16Regular />}
                  disabled={given.length === 1 && !isPipeline}
                  onClick={() => setGiven(given.filter((_, at) => at !== index))}
                />
              </Tooltip>
            </div>
          ))}
          {isPipeline && (
            <div>
              <Button
                size="small"
                icon={<Add16Regular />}
                onClick={() => setGiven([...given, { name: "", kind: "literal", value: "" }])}
              >
                {t("Add input")}
              </Button>
            </div>
          )}
        </div>
      </Card>
      {!isPipeline && (
        <Card title={t("This once")}>
          <div className={styles.three}>
            <Field label={t("Files at a time")} hint={String(chosen?.properties.miniBatchSize ?? 10)}>
              <Input
                type="number"
                min={1}
                value={once.miniBatch}
                onChange={(_, { value }) => setOnce({ ...once, miniBatch: value })}
              />
            </Field>
            <Field label={t("Nodes")} hint={String(chosen?.properties.resources?.instanceCount ?? 1)}>
              <Input
                type="number"
                min={1}
                value={once.nodes}
                onChange={(_, { value }) => setOnce({ ...once, nodes: value })}
              />
            </Field>
            <Field label={t("File of results")} hint={chosen?.properties.outputFileName ?? "predictions.csv"}>
              <Input value={once.file} onChange={(_, { value }) => setOnce({ ...once, file: value })} />
            </Field>
          </div>
        </Card>
      )}
      <Refused of={ask.error} />
      <div>
        <Button appearance="primary" icon={<Play20Regular />} disabled={!isReady || ask.isPending} onClick={submit}>
          {ask.isPending ? t("Asking…") : t("Invoke")}
        </Button>
      </div>
      <Code text={invokeCommand(endpoint.name, deployment, given, once)} />
    </div>
  );
}

interface Container {
  name: string;
  properties: { latestVersion?: string };
}

/** A data asset, or an address. */
function DataField({ value, set }: { value: string; set: (value: string) => void }) {
  const { t } = useTranslation();
  const id = useId();
  const listed = useGet<Listed<Container>>("/data");
  const known = (listed.data?.value ?? []).filter(({ name }) => !isAnonymous(name));
  return (
    <Field label={t("Data asset or address")}>
      <Input
        value={value}
        placeholder="azureml:NAME:VERSION"
        onChange={(_, data) => set(data.value)}
        input={{ list: id }}
      />
      <datalist id={id}>
        {known.map(({ name, properties }) => (
          <option key={name} value={`azureml:${name}:${properties.latestVersion ?? "1"}`} />
        ))}
      </datalist>
    </Field>
  );
}
