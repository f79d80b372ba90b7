/** A batch deployment that was chosen, as REST, as YAML, and as commands. */
import { stringify } from "yaml";
import { idOf } from "./documents";

export interface BatchChoice {
  endpoint: string;
  deployment: string;
  model: string;
  environment: string;
  script: string;
  folder: string;
  miniBatch: number;
  atOnce: number;
  nodes: number;
  /** Whether what the script returns becomes rows of one file. */
  rows: boolean;
  file: string;
  isDefault: boolean;
}

export function batchDeploymentRest(choice: BatchChoice, workspace: string, code: string) {
  return {
    location: "local",
    properties: {
      model: { referenceType: "Id", assetId: idOf(workspace, "models", choice.model) },
      ...(choice.environment && { environmentId: idOf(workspace, "environments", choice.environment) }),
      ...(choice.script && { codeConfiguration: { codeId: code, scoringScript: choice.script } }),
      miniBatchSize: choice.miniBatch,
      maxConcurrencyPerInstance: choice.atOnce,
      outputAction: choice.rows ? "AppendRow" : "SummaryOnly",
      ...(choice.rows && { outputFileName: choice.file }),
      resources: { instanceCount: choice.nodes },
    },
  };
}

export function batchYaml(choice: BatchChoice): string {
  return stringify(
    {
      $schema: "https://azuremlschemas.azureedge.net/latest/modelBatchDeployment.schema.json",
      name: choice.deployment,
      endpoint_name: choice.endpoint,
      type: "model",
      model: `azureml:${choice.model}`,
      ...(choice.script && {
        code_configuration: { code: `./${choice.folder || "src"}`, scoring_script: choice.script },
      }),
      ...(choice.environment && { environment: `azureml:${choice.environment}` }),
      resources: { instance_count: choice.nodes },
      settings: {
        mini_batch_size: choice.miniBatch,
        max_concurrency_per_instance: choice.atOnce,
        output_action: choice.rows ? "append_row" : "summary_only",
        ...(choice.rows && { output_file_name: choice.file }),
      },
    },
    { lineWidth: 0 },
  );
}

export function batchCommands({ endpoint, deployment, isDefault }: BatchChoice, isNew: boolean): string {
  const lines = isNew ? [`lazuli batch-endpoint create -n ${endpoint || "NAME"}`] : [];
  lines.push(`lazuli batch-deployment create -f ${deployment || "deployment"}.yml${isDefault ? " --set-default" : ""}`);
  return lines.join("\n");
}
