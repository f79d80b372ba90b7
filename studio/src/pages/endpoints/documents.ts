/** What a person chose, as the documents of the REST API, as YAML files, and as commands. */
import { stringify } from "yaml";
import type { Deployment, Probe } from "./reads";

/** How a deployment runs: all that can be changed while it answers. */
export interface Running {
  instances: number;
  scales: boolean;
  least: number;
  most: number;
  percent: number;
  timeoutMs: number;
  atOnce: number;
  waitMs: number;
  liveness: ProbeSaid;
  readiness: ProbeSaid;
  collects: string[];
  sampling: number;
}

export interface ProbeSaid {
  delay: number;
  period: number;
  timeout: number;
  failures: number;
}

const PROBE: ProbeSaid = { delay: 10, period: 10, timeout: 2, failures: 30 };

export const RUNNING: Running = {
  instances: 1,
  scales: false,
  least: 1,
  most: 2,
  percent: 70,
  timeoutMs: 5000,
  atOnce: 1,
  waitMs: 500,
  liveness: PROBE,
  readiness: PROBE,
  collects: [],
  sampling: 1,
};

/** What a model runs in, and the script of one that needs it. */
export interface Scripted {
  environment: string;
  /** Empty where the model answers by itself. */
  script: string;
  /** The id of the code that was uploaded, or that another deployment has. */
  code: string;
  /** The folder that it was uploaded from, for the YAML. */
  folder: string;
}

export interface OnlineChoice {
  endpoint: string;
  isNew: boolean;
  authMode: "key" | "aml_token" | "aad_token";
  description: string;
  model: string;
  deployment: string;
  scripted: Scripted | null;
  running: Running;
  variables: [string, string][];
  /** Percent of the traffic for it; null leaves traffic as it is. */
  share: number | null;
}

const AUTH = { key: "Key", aml_token: "AMLToken", aad_token: "AADToken" };

/** Seconds of `PT1M30S`. */
export function seconds(said: string | undefined, usual: number): number {
  const found = /^P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?$/.exec(said ?? "");
  if (!found) return usual;
  const [days = 0, hours = 0, minutes = 0, rest = 0] = found.slice(1).map((part) => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + rest;
}

const iso = (seconds: number) => `PT${seconds}S`;

export function runningOf({ properties: said, sku }: Deployment): Running {
  const scale = said.scaleSettings ?? {};
  const asked = said.requestSettings ?? {};
  const collections = Object.entries(said.dataCollector?.collections ?? {});
  return {
    instances: sku?.capacity ?? said.instanceCount ?? 1,
    scales: scale.scaleType === "TargetUtilization",
    least: scale.minInstances ?? 1,
    most: scale.maxInstances ?? 2,
    percent: scale.targetUtilizationPercentage ?? 70,
    timeoutMs: seconds(asked.requestTimeout, 5) * 1000,
    atOnce: asked.maxConcurrentRequestsPerInstance ?? 1,
    waitMs: seconds(asked.maxQueueWait, 0.5) * 1000,
    liveness: probeOf(said.livenessProbe),
    readiness: probeOf(said.readinessProbe),
    collects: collections
      .filter(([, { dataCollectionMode }]) => dataCollectionMode !== "Disabled")
      .map(([name]) => name),
    sampling: said.dataCollector?.samplingRate ?? 1,
  };
}

function probeOf(said: Probe | undefined): ProbeSaid {
  return {
    delay: seconds(said?.initialDelay, PROBE.delay),
    period: seconds(said?.period, PROBE.period),
    timeout: seconds(said?.timeout, PROBE.timeout),
    failures: said?.failureThreshold ?? PROBE.failures,
  };
}

const probeRest = (said: ProbeSaid): Probe => ({
  initialDelay: iso(said.delay),
  period: iso(said.period),
  timeout: iso(said.timeout),
  failureThreshold: said.failures,
});

/** What of a deployment's document says how it runs, for a merge patch or a new one. */
export function runningRest(said: Running) {
  const scaled = {
    scaleType: "TargetUtilization",
    minInstances: said.least,
    maxInstances: said.most,
    targetUtilizationPercentage: said.percent,
  };
  const collector = {
    collections: Object.fromEntries(said.collects.map((name) => [name, { dataCollectionMode: "Enabled" }])),
    samplingRate: said.sampling,
  };
  return {
    sku: { name: "Default", capacity: said.instances },
    properties: {
      instanceCount: said.instances,
      scaleSettings: said.scales ? scaled : { scaleType: "Default" },
      requestSettings: {
        requestTimeout: iso(said.timeoutMs / 1000),
        maxConcurrentRequestsPerInstance: said.atOnce,
        maxQueueWait: iso(said.waitMs / 1000),
      },
      livenessProbe: probeRest(said.liveness),
      readinessProbe: probeRest(said.readiness),
      ...(said.collects.length ? { dataCollector: collector } : {}),
    },
  };
}

/**
 * A merge patch from how a deployment runs to how it is to run. What stays is left out: some of it would start new
 * instances. A collection that is kept no longer is said to be gone.
 */
export function runningPatch(before: Running, after: Running) {
  const [{ properties: old }, { sku, properties }] = [runningRest(before), runningRest(after)];
  const changed = Object.entries(properties).filter(
    ([key, said]) => JSON.stringify(said) !== JSON.stringify(old[key as keyof typeof old]),
  );
  const patch: Record<string, unknown> = Object.fromEntries(changed);
  const gone = before.collects.filter((name) => !after.collects.includes(name));
  if (gone.length && !after.collects.length) patch.dataCollector = null;
  else if (gone.length && properties.dataCollector) {
    const { collections, ...rest } = properties.dataCollector;
    patch.dataCollector = {
      ...rest,
      collections: { ...collections, ...Object.fromEntries(gone.map((name) => [name, null])) },
    };
  }
  return { ...(before.instances !== after.instances ? { sku } : {}), properties: patch };
}

export function endpointRest({ authMode, description }: Pick<OnlineChoice, "authMode" | "description">) {
  const properties = { authMode: AUTH[authMode], ...(description ? { description } : {}) };
  return { location: "local", properties };
}

/** An asset's id by `name:version`. */
export function idOf(workspace: string, collection: string, said: string): string {
  const [name = "", version = ""] = said.split(":");
  return `${workspace}/${collection}/${name}/versions/${version}`;
}

export function deploymentRest(choice: OnlineChoice, workspace: string) {
  const { scripted, variables } = choice;
  const running = runningRest(choice.running);
  return {
    location: "local",
    sku: running.sku,
    properties: {
      endpointComputeType: "Managed",
      model: idOf(workspace, "models", choice.model),
      ...(scripted && {
        environmentId: idOf(workspace, "environments", scripted.environment),
        ...(scripted.script && {
          codeConfiguration: { codeId: scripted.code, scoringScript: scripted.script },
        }),
      }),
      ...(variables.length ? { environmentVariables: Object.fromEntries(variables) } : {}),
      ...running.properties,
    },
  };
}

/** YAML without what is said anyway. */
function yaml(said: Record<string, unknown>): string {
  return stringify(said, { lineWidth: 0 });
}

const same = (one: ProbeSaid, other: ProbeSaid) => JSON.stringify(one) === JSON.stringify(other);

const probeYaml = (said: ProbeSaid) => ({
  initial_delay: said.delay,
  period: said.period,
  timeout: said.timeout,
  failure_threshold: said.failures,
});

export function endpointYaml({ endpoint, authMode, description }: OnlineChoice): string {
  return yaml({
    $schema: "https://azuremlschemas.azureedge.net/latest/managedOnlineEndpoint.schema.json",
    name: endpoint,
    ...(description && { description }),
    auth_mode: authMode,
  });
}

export function deploymentYaml({ endpoint, deployment, model, scripted, running, variables }: OnlineChoice): string {
  const { timeoutMs, atOnce, waitMs } = running;
  const asked = {
    ...(timeoutMs !== RUNNING.timeoutMs && { request_timeout_ms: timeoutMs }),
    ...(atOnce !== RUNNING.atOnce && { max_concurrent_requests_per_instance: atOnce }),
    ...(waitMs !== RUNNING.waitMs && { max_queue_wait_ms: waitMs }),
  };
  return yaml({
    $schema: "https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json",
    name: deployment,
    endpoint_name: endpoint,
    model: `azureml:${model}`,
    ...(scripted && {
      ...(scripted.script && {
        code_configuration: { code: `./${scripted.folder || "src"}`, scoring_script: scripted.script },
      }),
      environment: `azureml:${scripted.environment}`,
    }),
    ...(variables.length > 0 && { environment_variables: Object.fromEntries(variables) }),
    instance_count: running.instances,
    ...(running.scales && {
      scale_settings: {
        type: "target_utilization",
        min_instances: running.least,
        max_instances: running.most,
        target_utilization_percentage: running.percent,
      },
    }),
    ...(Object.keys(asked).length > 0 && { request_settings: asked }),
    ...(!same(running.liveness, PROBE) && { liveness_probe: probeYaml(running.liveness) }),
    ...(!same(running.readiness, PROBE) && { readiness_probe: probeYaml(running.readiness) }),
    ...(running.collects.length > 0 && {
      data_collector: {
        collections: Object.fromEntries(running.collects.map((name) => [name, { enabled: "True" }])),
        sampling_rate: running.sampling,
      },
    }),
  });
}

/** The commands that do the same with the two files. */
export function commands(choice: OnlineChoice, shares: Record<string, number> | null): string {
  const lines = choice.isNew ? ["lazuli online-endpoint create -f endpoint.yml"] : [];
  const all = shares?.[choice.deployment] === 100 ? " --all-traffic" : "";
  lines.push(`lazuli online-deployment create -f ${choice.deployment || "deployment"}.yml${all}`);
  if (shares && !all) {
    const said = Object.entries(shares).map(([name, share]) => `${name}=${share}`);
    lines.push(`lazuli online-endpoint update -n ${choice.endpoint} --traffic "${said.join(" ")}"`);
  }
  return lines.join("\n");
}

const NAME = /^[A-Za-z][A-Za-z0-9-]{1,30}[A-Za-z0-9]$/;

/** What is wrong with the name of an endpoint, in a word; nothing where it is good, or not begun. */
export function wrongName(name: string, taken: string[]): "taken" | "short" | "form" | null {
  if (!name) return null;
  if (taken.some((each) => each.toLowerCase() === name.toLowerCase())) return "taken";
  if (name.length < 3) return "short";
  return NAME.test(name) ? null : "form";
}
