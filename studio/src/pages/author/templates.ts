/** Files to start from. Each runs as it stands on a fresh server. */
import type { TFunction } from "i18next";

export interface Template {
  key: string;
  title: string;
  about: string;
  yaml: string;
}

const COMMAND = `type: command
display_name: first-job
experiment_name: hello
command: |
  python - <<'END'
  import mlflow
  for step in range(int("\${{inputs.steps}}")):
      mlflow.log_metric("loss", 1 / (1 + step * \${{inputs.lr}}), step=step)
  END
environment: azureml:AzureML-minimal@latest
inputs:
  lr: 0.1
  steps: 50
compute: azureml:local
`;

const DATA = `type: command
display_name: count-lines
experiment_name: hello
command: wc -l \${{inputs.table}} | tee \${{outputs.counted}}/lines.txt
environment: azureml:AzureML-minimal@latest
inputs:
  table:
    type: uri_file
    path: azureml:NAME@latest # choose a data asset
outputs:
  counted:
    type: uri_folder
compute: azureml:local
`;

const SWEEP = `type: sweep
display_name: first-sweep
experiment_name: hello
trial:
  command: |
    python - <<'END'
    import mlflow
    x, y = float("\${{search_space.x}}"), float("\${{search_space.y}}")
    mlflow.log_metric("height", 1 - (x - 0.3) ** 2 - (y - 0.6) ** 2)
    END
  environment: azureml:AzureML-minimal@latest
search_space:
  x:
    type: uniform
    min_value: 0
    max_value: 1
  y:
    type: choice
    values: [0.2, 0.4, 0.6, 0.8]
sampling_algorithm: random
objective:
  goal: maximize
  primary_metric: height
limits:
  max_total_trials: 12
  max_concurrent_trials: 2
compute: azureml:local
`;

const PIPELINE = `type: pipeline
display_name: first-pipeline
experiment_name: hello
inputs:
  rows: 100
jobs:
  make:
    type: command
    command: seq \${{inputs.rows}} > \${{outputs.table}}/numbers.csv
    environment: azureml:AzureML-minimal@latest
    inputs:
      rows: \${{parent.inputs.rows}}
    outputs:
      table:
        type: uri_folder
  add:
    type: command
    command: awk '{ sum += $1 } END { print sum }' \${{inputs.table}}/numbers.csv
    environment: azureml:AzureML-minimal@latest
    inputs:
      table: \${{parent.jobs.make.outputs.table}}
settings:
  default_compute: azureml:local
`;

const RANKS = `type: command
display_name: two-ranks
experiment_name: hello
command: echo "rank $RANK of $WORLD_SIZE, at $MASTER_ADDR:$MASTER_PORT"
environment: azureml:AzureML-minimal@latest
distribution:
  type: pytorch
  process_count_per_instance: 2
resources:
  instance_count: 1
compute: azureml:local
`;

export function templates(t: TFunction): Template[] {
  return [
    { key: "command", title: t("A command"), about: t("One program that logs a metric"), yaml: COMMAND },
    { key: "data", title: t("A command with data"), about: t("Reads a data asset and keeps an output"), yaml: DATA },
    { key: "sweep", title: t("A sweep"), about: t("Twelve trials that look for the best values"), yaml: SWEEP },
    { key: "pipeline", title: t("A pipeline"), about: t("Two steps, one reads what the other wrote"), yaml: PIPELINE },
    { key: "ranks", title: t("Distributed training"), about: t("Several processes that know each other"), yaml: RANKS },
  ];
}
