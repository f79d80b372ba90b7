/** Deploys a model behind a batch endpoint: on one page, for there is no traffic and nothing to wait for. */
import { Button, Field, Input, makeStyles, Select, Switch } from "@fluentui/react-components";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useSearchParams } from "react-router";
import { useChange, useGet, useWorkspace } from "@/api/workspace";
import { upload } from "@/pages/author/upload";
import { Page } from "@/parts/page";
import { Refused } from "@/parts/problem";
import { Card, Code } from "@/parts/said";
import { type BatchChoice, batchCommands, batchDeploymentRest, batchYaml } from "./batches";
import { wrongName } from "./documents";
import { CodePicker, type CodeSaid, EnvironmentPicker, ModelNote, ModelPicker, useNeeds } from "./pickers";
import type { BatchEndpoint, Listed } from "./reads";

const useStyles = makeStyles({
  page: { display: "grid", gap: "16px", maxWidth: "820px" },
  stack: { display: "grid", gap: "12px" },
  pair: { display: "grid", alignItems: "start", gridTemplateColumns: "repeat(2, minmax(0, 1fr))", gap: "12px" },
});

const SCRIPT = `import os
from pathlib import Path

MODEL = None


def init():
    """Load the model, once for each process."""
    global MODEL
    MODEL = Path(os.environ["AZUREML_MODEL_DIR"])


def run(mini_batch):
    """One item for each file that went well."""
    return [f"{Path(file).name},{Path(file).stat().st_size}" for file in mini_batch]
`;

export default function CreateBatch() {
  const styles = useStyles();
  const { t } = useTranslation();
  const { to, id } = useWorkspace();
  const navigate = useNavigate();
  const [query] = useSearchParams();
  const [choice, setChoice] = useState<BatchChoice>({
    endpoint: query.get("endpoint") ?? "",
    deployment: "first",
    model: query.get("model") ?? "",
    environment: "",
    script: "",
    folder: "",
    miniBatch: 10,
    atOnce: 1,
    nodes: 1,
    rows: true,
    file: "predictions.csv",
    isDefault: true,
  });
  const [code, setCode] = useState<CodeSaid>({ folder: "", files: [], script: "" });
  const listed = useGet<Listed<BatchEndpoint>>("/batchEndpoints");
  const names = (listed.data?.value ?? []).map(({ name }) => name);
  const isNew = !names.includes(choice.endpoint);
  const wrong = isNew ? wrongName(choice.endpoint, []) : null;
  const { needs } = useNeeds(choice.model);
  const isScripted = needs === "script";
  const isDressed = isScripted || needs === "environment";
  const whole = {
    ...choice,
    environment: isDressed ? choice.environment : "",
    script: isScripted ? code.script : "",
    folder: code.folder,
  };
  const put = (part: Partial<BatchChoice>) => setChoice({ ...choice, ...part });
  const make = useChange<void>(async (_, workspace) => {
    const { api } = workspace;
    const path = { name: choice.endpoint };
    if (isNew)
      await api.PUT("/batchEndpoints/{name}", {
        params: { path },
        body: { location: "local", properties: { authMode: "AADToken" } } as never,
      });
    const uploaded = isScripted ? (await upload(workspace, "code", code.files)).id : "";
    await api.PUT("/batchEndpoints/{name}/deployments/{version}", {
      params: { path: { ...path, version: choice.deployment } },
      body: batchDeploymentRest(whole, id, uploaded) as never,
    });
    if (choice.isDefault)
      await api.PATCH("/batchEndpoints/{name}", {
        params: { path },
        body: { properties: { defaults: { deploymentName: choice.deployment } } } as never,
      });
  }, "/batchEndpoints");
  const create = () =>
    make.mutate(undefined, { onSuccess: () => navigate(to("endpoints", "batch", choice.endpoint, "invoke")) });
  const isReady =
    !!choice.endpoint &&
    !wrong &&
    !!choice.deployment &&
    !!choice.model &&
    needs !== "unknown" &&
    (!isDressed || !!choice.environment) &&
    (!isScripted || !!code.script);
  const count = (label: string, key: "miniBatch" | "atOnce" | "nodes") => (
    <Field label={label}>
      <Input
        type="number"
        min={1}
        value={String(choice[key])}
        onChange={(_, { value }) => Number(value) >= 1 && put({ [key]: Math.floor(Number(value)) })}
      />
    </Field>
  );
  return (
    <Page
      title={t("Deploy a model for batches")}
      crumbs={[{ text: t("Endpoints"), to: `${to("endpoints")}?kind=batch` }]}
      actions={
        <Button appearance="primary" disabled={!isReady || make.isPending} onClick={create}>
          {t("Create")}
        </Button>
      }
    >
      <div className={styles.page}>
        <Refused of={make.error} />
        <Card title={t("Endpoint and deployment")}>
          <div className={styles.pair}>
            <Field
              label={t("Endpoint")}
              required
              hint={isNew ? t("A new one") : t("It is there: the deployment comes beside its others")}
              validationState={wrong ? "error" : "none"}
              validationMessage={
                wrong
                  ? t("A name has 3 to 32 letters, digits and '-', the first a letter, the last no '-'.")
                  : undefined
              }
            >
              <Input value={choice.endpoint} onChange={(_, { value }) => put({ endpoint: value.trim() })} autoFocus />
            </Field>
            <Field label={t("Deployment")} required>
              <Input value={choice.deployment} onChange={(_, { value }) => put({ deployment: value.trim() })} />
            </Field>
          </div>
          <Switch
            label={t("It answers where no deployment is named")}
            checked={choice.isDefault}
            onChange={(_, { checked }) => put({ isDefault: checked })}
          />
        </Card>
        <Card title={t("Model")}>
          <div className={styles.stack}>
            <ModelPicker value={choice.model} set={(model) => put({ model })} />
            <ModelNote model={choice.model} />
            {isDressed && <EnvironmentPicker value={choice.environment} set={(environment) => put({ environment })} />}
            {isScripted && <CodePicker said={code} set={setCode} template={SCRIPT} />}
          </div>
        </Card>
        <Card title={t("How it runs")}>
          <div className={styles.pair}>
            {count(t("Files at a time"), "miniBatch")}
            {count(t("Processes on a node"), "atOnce")}
            {count(t("Nodes"), "nodes")}
            <Field label={t("Results")}>
              <Select value={choice.rows ? "rows" : "own"} onChange={(_, { value }) => put({ rows: value === "rows" })}>
                <option value="rows">{t("Rows of one file")}</option>
                <option value="own">{t("The script writes them")}</option>
              </Select>
            </Field>
          </div>
        </Card>
        <Card title={`${choice.deployment || "deployment"}.yml`}>
          <Code text={batchYaml(whole)} />
        </Card>
        <Card title={t("The same on the command line")}>
          <Code text={batchCommands(whole, isNew)} />
        </Card>
      </div>
    </Page>
  );
}
