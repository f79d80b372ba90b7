/** What pages of endpoints read, and how they stay fresh: quickly while something changes, calmly else. */
import { useQuery } from "@tanstack/react-query";
import { fetched, type WorkspaceId } from "@/api/client";
import { useGet, useWorkspace, type Workspace } from "@/api/workspace";
import type { Shares } from "./shares";
import type { AskedOfLate } from "./spans";

interface Resource<Said> {
  id: string;
  name: string;
  tags?: Record<string, string>;
  sku?: { capacity?: number };
  properties: Said;
  systemData?: { createdAt?: string; createdBy?: string; lastModifiedAt?: string };
}

export interface OnlineSaid {
  description?: string;
  properties?: Record<string, string>;
  scoringUri?: string;
  swaggerUri?: string;
  provisioningState?: string;
  authMode?: string;
  traffic?: Shares;
  mirrorTraffic?: Shares;
  publicNetworkAccess?: string;
}

export interface Probe {
  initialDelay?: string;
  period?: string;
  timeout?: string;
  successThreshold?: number;
  failureThreshold?: number;
}

export interface ScaleSaid {
  scaleType?: string;
  minInstances?: number;
  maxInstances?: number;
  pollingInterval?: string;
  targetUtilizationPercentage?: number;
}

export interface DeploymentSaid {
  description?: string;
  model?: string | { assetId?: string };
  environmentId?: string;
  codeConfiguration?: { codeId?: string; scoringScript?: string };
  provisioningState?: string;
  statusReason?: string;
  instanceType?: string;
  instanceCount?: number;
  readyInstances?: number;
  scaleReason?: string;
  scaleSettings?: ScaleSaid;
  requestSettings?: { requestTimeout?: string; maxConcurrentRequestsPerInstance?: number; maxQueueWait?: string };
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  environmentVariables?: Record<string, string>;
  dataCollector?: {
    collections?: Record<string, { dataCollectionMode?: string; dataId?: string; samplingRate?: number }>;
    samplingRate?: number;
    rollingRate?: string;
  };
  command?: string;
}

export interface BatchSaid {
  description?: string;
  scoringUri?: string;
  provisioningState?: string;
  authMode?: string;
  defaults?: { deploymentName?: string };
}

export interface BatchDeploymentSaid extends DeploymentSaid {
  compute?: string;
  miniBatchSize?: number;
  maxConcurrencyPerInstance?: number;
  outputAction?: string;
  outputFileName?: string;
  errorThreshold?: number;
  loggingLevel?: string;
  retrySettings?: { maxRetries?: number; timeout?: string };
  resources?: { instanceCount?: number };
  deploymentConfiguration?: { componentId?: { assetId?: string }; settings?: Record<string, string> };
}

export type OnlineEndpoint = Resource<OnlineSaid>;
export type Deployment = Resource<DeploymentSaid>;
export type BatchEndpoint = Resource<BatchSaid>;
export type BatchDeployment = Resource<BatchDeploymentSaid>;
export interface Listed<T> {
  value: T[];
}
export interface Instance {
  name: string;
  of: "run" | "next" | "last";
  phase: string;
  since: number;
  failures: number;
}

const SETTLED = new Set(["Succeeded", "Failed", "Canceled", ""]);
export const isMoving = (state: string | undefined) => !SETTLED.has(state ?? "");

const pace = (isBusy: boolean | undefined) => (isBusy ? 2_000 : 15_000);

export function useOnlineEndpoint(name: string) {
  return useGet<OnlineEndpoint>(
    "/onlineEndpoints/{name}",
    { params: { path: { name } } },
    { refetchInterval: ({ state }) => pace(isMoving(state.data?.properties.provisioningState)) },
  );
}

export function useDeployments(name: string) {
  return useGet<Listed<Deployment>>(
    "/onlineEndpoints/{name}/deployments",
    { params: { path: { name } } },
    {
      enabled: !!name,
      refetchInterval: ({ state }) =>
        pace(state.data?.value.some(({ properties }) => isMoving(properties.provisioningState))),
    },
  );
}

export function useBatchEndpoint(name: string) {
  return useGet<BatchEndpoint>("/batchEndpoints/{name}", { params: { path: { name } } }, { refetchInterval: 15_000 });
}

export function useBatchDeployments(name: string) {
  return useGet<Listed<BatchDeployment>>(
    "/batchEndpoints/{name}/deployments",
    { params: { path: { name } } },
    { refetchInterval: 15_000 },
  );
}

/** What an endpoint was asked of late, in spans of `step` seconds. */
export function useAsked(name: string, minutes: number, step: number, every: number) {
  return useGet<AskedOfLate>(
    "/onlineEndpoints/{name}/requests",
    { params: { path: { name }, query: { minutes: String(minutes), step: String(step) } } },
    { refetchInterval: every },
  );
}

/** Where this server passes requests on to an endpoint: the way that pages may go. */
export function doorOf({ subscription, group, workspace }: WorkspaceId, name: string): string {
  return `/endpoints/${[subscription, group, workspace, name].map(encodeURIComponent).join("/")}`;
}

/** What opens an endpoint: its primary key, or a token where it takes none. Asked for only when it is needed. */
export async function keyOf(workspace: Workspace, endpoint: OnlineEndpoint): Promise<string> {
  const params = { params: { path: { name: endpoint.name } } };
  if (endpoint.properties.authMode === "Key") {
    const { data } = await workspace.api.POST("/onlineEndpoints/{name}/listKeys", params);
    return (data as { primaryKey?: string } | undefined)?.primaryKey ?? "";
  }
  const { data } = await workspace.api.POST("/onlineEndpoints/{name}/token", params);
  return (data as { accessToken?: string } | undefined)?.accessToken ?? "";
}

/** What an endpoint says that it takes, by the deployment that is asked; null where nothing tells it. */
export function useSwagger(endpoint: OnlineEndpoint, deployment: string) {
  const workspace = useWorkspace();
  const { name } = endpoint;
  return useQuery({
    queryKey: [workspace.id, "swagger", name, deployment],
    staleTime: 60_000,
    retry: false,
    queryFn: async ({ signal }): Promise<object | null> => {
      const key = await keyOf(workspace, endpoint);
      const headers: Record<string, string> = { Authorization: `Bearer ${key}` };
      if (deployment) headers["azureml-model-deployment"] = deployment;
      const answer = await fetch(`${doorOf(workspace, name)}/swagger.json?version=3`, { signal, headers });
      return answer.ok ? answer.json().catch(() => null) : null;
    },
  });
}

/** Prometheus' text of what an endpoint counted. */
export function useCounts(name: string, every: number) {
  const { id } = useWorkspace();
  return useQuery({
    queryKey: [id, "counts", name],
    refetchInterval: every,
    queryFn: async ({ signal }) =>
      (await fetched(`${id}/onlineEndpoints/${encodeURIComponent(name)}/metrics`, { signal })).text(),
  });
}

/** The kind, name and version that a resource's id ends with: `…/models/iris/versions/1`. */
export function named(
  id: string | undefined | { assetId?: string },
): { kind: string; name: string; version: string } | null {
  const found = /\/(\w+)\/([^/]+)\/versions\/([^/]+)$/.exec((typeof id === "object" ? id.assetId : id) ?? "");
  return found ? { kind: found[1] ?? "", name: found[2] ?? "", version: found[3] ?? "" } : null;
}

/** Whether a name was made up for something that was written in place. */
export const isAnonymous = (name: string) => /^(anonymous-|CliV2Anonymous)/.test(name);
