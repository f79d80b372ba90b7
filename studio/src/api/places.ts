/** Where the page of a thing is. */
import type { Workspace } from "@/api/workspace";

/** A thing by the word of its noun, as search, overview and lineage name it. */
export interface Thing {
  kind: string;
  name: string;
  version?: string;
  /** The endpoint of a deployment. */
  within?: string;
}

const FOLDERS: Record<string, string> = {
  data: "data",
  model: "models",
  environment: "environments",
  component: "components",
};

/** The address of a thing's page; null for what has none. */
export function placeOf({ kind, name, version, within }: Thing, to: Workspace["to"]): string | null {
  const folder = FOLDERS[kind];
  if (folder) return version ? to(folder, name, version) : to(folder, name);
  switch (kind) {
    case "job":
    case "run":
      return to("jobs", name);
    case "experiment":
      return `${to("jobs")}?${new URLSearchParams({ filter: `experiment = '${name.replaceAll("'", "''")}'` })}`;
    case "online-endpoint":
      return to("endpoints", "online", name);
    case "online-deployment":
      return to("endpoints", "online", within || name);
    case "batch-endpoint":
      return to("endpoints", "batch", name);
    case "batch-deployment":
      return to("endpoints", "batch", within || name);
    case "compute":
      return to("compute", name);
    case "datastore":
      return to("datastores", name);
    case "schedule":
      return to("pipelines");
    default:
      return null;
  }
}
