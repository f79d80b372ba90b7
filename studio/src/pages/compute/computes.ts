/** Clusters and instances as the pages see them. */
import { useQuery } from "@tanstack/react-query";
import { type Doc, server } from "@/api/client";
import { useGet, useWorkspace } from "@/api/workspace";

/** A cluster or an instance, read out of the API's document. */
export interface Compute {
  name: string;
  isInstance: boolean;
  state: string;
  size: string;
  isLowPriority: boolean;
  min: number;
  max: number;
  /** Seconds a node may be idle. */
  idleSeconds: number | null;
  busy: number;
  idle: number;
  preparing: number;
  price: number;
  description: string;
  tags: Record<string, string>;
  created: string;
  createdBy: string;
  resource: Doc<"ComputeResource">;
}

interface Told {
  vmSize?: string;
  vmPriority?: string;
  state?: string;
  allocationState?: string;
  pricePerHour?: number;
  scaleSettings?: { minNodeCount: number; maxNodeCount: number; nodeIdleTimeBeforeScaleDown: string };
  nodeStateCounts?: { runningNodeCount: number; idleNodeCount: number; preparingNodeCount: number };
}

export function computeOf(resource: Doc<"ComputeResource">): Compute {
  const outer = resource.properties as { computeType: string; description?: string; properties: Told };
  const told = outer.properties;
  const isInstance = outer.computeType === "ComputeInstance";
  const counts = told.nodeStateCounts;
  return {
    name: resource.name ?? "",
    isInstance,
    state: (isInstance ? told.state : told.allocationState) ?? "",
    size: told.vmSize ?? "",
    isLowPriority: told.vmPriority === "LowPriority",
    min: told.scaleSettings?.minNodeCount ?? 1,
    max: told.scaleSettings?.maxNodeCount ?? 1,
    idleSeconds: secondsOf(told.scaleSettings?.nodeIdleTimeBeforeScaleDown),
    busy: counts?.runningNodeCount ?? 0,
    idle: counts?.idleNodeCount ?? 0,
    preparing: counts?.preparingNodeCount ?? 0,
    price: told.pricePerHour ?? 0,
    description: outer.description ?? "",
    tags: (resource.tags ?? {}) as Record<string, string>,
    created: String(resource.systemData?.createdAt ?? ""),
    createdBy: String(resource.systemData?.createdBy ?? ""),
    resource,
  };
}

/** The seconds of an ISO 8601 duration: `PT120S`, `PT2M`, `P1DT2H`. */
export function secondsOf(duration: string | undefined): number | null {
  const found = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?$/.exec(duration ?? "");
  if (!found) return null;
  const [days, hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0));
  return (((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0);
}

/** All computes of this workspace; looked at again while one is on its way. */
export function useComputes() {
  const query = useGet<{ value: Doc<"ComputeResource">[] }>("/computes", {}, { refetchInterval: 5_000 });
  return { ...query, data: query.data?.value.map(computeOf) };
}

export interface Size {
  name: string;
  vCPUs: number;
  gpus: number;
  memoryGB: number;
}

/** The sizes a node can have. */
export function useSizes() {
  const { subscription } = useWorkspace();
  return useQuery({
    queryKey: ["sizes", subscription],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) => {
      const path =
        "/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations/{location}/vmSizes";
      const { data } = await server.GET(path, { params: { path: { subscription, location: "local" } }, signal });
      return (data as unknown as { value: Size[] }).value;
    },
  });
}
