/** Components as the pages see them, and what a pipeline says to use one. */
import { stringify } from "yaml";

export interface Port {
  type: string;
  default?: unknown;
  optional?: boolean;
  min?: unknown;
  max?: unknown;
  enum?: unknown[];
  description?: string;
}

/** What a component says, in the words of YAML, as the API keeps it. */
export interface Spec {
  name?: string;
  version?: string;
  type?: string;
  display_name?: string;
  description?: string;
  inputs?: Record<string, Port>;
  outputs?: Record<string, Port>;
  command?: string;
  code?: string;
  environment?: unknown;
  resources?: Record<string, unknown>;
  distribution?: Record<string, unknown>;
  is_deterministic?: boolean;
  jobs?: Record<string, Record<string, unknown>>;
  [word: string]: unknown;
}

export interface ComponentResource {
  id: string;
  name: string;
  properties: {
    description?: string;
    tags?: Record<string, string>;
    isArchived?: boolean;
    isAnonymous?: boolean;
    componentSpec?: Spec;
    provisioningState?: string;
  };
  systemData?: { createdAt?: string; createdBy?: string; lastModifiedAt?: string };
}

export const specOf = (resource: ComponentResource): Spec => resource.properties.componentSpec ?? {};

/** The step that runs a component: what it needs is left open to be filled in, what it may have keeps its default. */
export function stepOf(resource: ComponentResource, name: string, version: string): Record<string, unknown> {
  const { type = "command", inputs = {}, outputs = {} } = specOf(resource);
  const needed = Object.entries(inputs).filter(
    ([, port]) => !port.optional && (port.default === undefined || port.default === null),
  );
  return {
    type: type.replace(/_component$/, ""),
    component: `azureml:${name}:${version}`,
    ...(needed.length ? { inputs: Object.fromEntries(needed.map(([word, port]) => [word, begun(port)])) } : {}),
    ...(Object.keys(outputs).length
      ? { outputs: Object.fromEntries(Object.entries(outputs).map(([word, port]) => [word, { type: port.type }])) }
      : {}),
  };
}

const NUMBERS = new Set(["integer", "number", "Integer", "Float"]);

function begun(port: Port): unknown {
  if (NUMBERS.has(port.type)) return port.min ?? 1;
  if (port.type.toLowerCase() === "boolean") return false;
  if (port.type.toLowerCase() === "string") return port.enum?.[0] ?? "";
  return { type: port.type, path: "" };
}

/** A pipeline of one step that runs a component. */
export function pipelineOf(resource: ComponentResource, name: string, version: string): string {
  const step = name.replaceAll(/[^A-Za-z0-9_]/g, "_");
  const said = {
    type: "pipeline",
    display_name: `${name}-once`,
    experiment_name: "Default",
    jobs: { [step]: stepOf(resource, name, version) },
    settings: { default_compute: "azureml:local" },
  };
  return stringify(said, { lineWidth: 0, version: "1.1" });
}

/** A component as a file that makes it again. */
export function fileOf(resource: ComponentResource): string {
  const { name, version, type, display_name, description, ...rest } = specOf(resource);
  const said = { name, version, type, display_name, description, ...rest };
  return stringify(JSON.parse(JSON.stringify(said), briefly), { lineWidth: 0, version: "1.1" });
}

/** Without what is empty or goes without saying, and references by name. */
function briefly(key: string, value: unknown): unknown {
  if (key === "optional" && value === false) return undefined;
  if (value && typeof value === "object" && !Array.isArray(value) && Object.keys(value).length === 0) return undefined;
  if (typeof value !== "string") return value;
  return value.replace(
    /^(azureml:)?\/subscriptions\/.*\/workspaces\/[^/]+\/\w+\/([^/]+)\/versions\/([^/]+)$/,
    "azureml:$2:$3",
  );
}
