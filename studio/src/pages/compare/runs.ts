/** The runs that are compared: what each was given, logged and made with. */
import { useQueries } from "@tanstack/react-query";
import { type Doc, fetched } from "@/api/client";
import { useHappenings } from "@/api/live";
import { useWorkspace, type Workspace } from "@/api/workspace";
import type { Stat } from "@/pages/compare/comparison";
import { type Field, fieldOf, type Value } from "@/pages/compare/fields";
import { SERIES } from "@/shell/theme";

export interface Run {
  name: string;
  title: string;
  color: string;
  job: Doc<"AnyJobResource">;
  params: Record<string, string>;
  tags: Record<string, string>;
  metrics: Record<string, Record<Stat, Value>>;
}

type Asked = Omit<Run, "color">;

/** Every run by its name, in the order of the names; those that cannot be read are told apart. */
export function useRuns(names: string[]) {
  const workspace = useWorkspace();
  const found = useQueries({
    queries: names.map((name) => ({
      queryKey: [workspace.id, "/jobs/{name}", "compared", name],
      queryFn: () => read(workspace, name),
      staleTime: 15_000,
    })),
  });
  useHappenings(["jobs"], (changed) => {
    names.forEach((name, at) => {
      if (changed === null || changed.has(name)) void found[at]?.refetch();
    });
  });
  const runs = found.flatMap(({ data }, at): Run[] => (data ? [{ ...data, color: colorOf(at) }] : []));
  const problems = found.flatMap(({ error }, at) => (error ? [{ name: names[at] ?? "", error }] : []));
  return { runs, problems, isLoading: found.some(({ isPending }) => isPending) };
}

export const colorOf = (at: number) => SERIES[at % SERIES.length] as string;

interface Pair {
  key: string;
  value: string;
}

async function read({ api, id }: Workspace, name: string): Promise<Asked> {
  const path = { params: { path: { name } } };
  const [{ data: job }, logged, summed] = await Promise.all([
    api.GET("/jobs/{name}", path),
    fetched(`/mlflow/v2.0${id}/api/2.0/mlflow/runs/get?run_id=${encodeURIComponent(name)}`).then((said) => said.json()),
    api.GET("/jobs/{name}/metrics", path),
  ]);
  const { params = [], tags = [] } = (logged.run?.data ?? {}) as { params?: Pair[]; tags?: Pair[] };
  const resource = job as Doc<"AnyJobResource">;
  const metrics = (summed.data as Doc<"MetricSummaries">).value;
  return {
    name,
    title: resource.properties.displayName || name,
    job: resource,
    params: Object.fromEntries(params.map(({ key, value }) => [key, value])),
    tags: Object.fromEntries(tags.filter(({ key }) => !isOurs(key)).map(({ key, value }) => [key, value])),
    metrics: Object.fromEntries(metrics.map(({ key, last, min, max }) => [key, { last, min, max }])),
  };
}

/** Tags that clients write for themselves; what matters of them stands among the settings. */
const isOurs = (tag: string) => /^(mlflow|lazuli|azureml|_azureml)\./i.test(tag);

const keysOf = (runs: Run[], of: (run: Run) => object) =>
  [...new Set(runs.flatMap((run) => Object.keys(of(run))))].sort((one, other) => one.localeCompare(other));

export const paramsOf = (runs: Run[]): Field[] =>
  keysOf(runs, ({ params }) => params).map((key) =>
    fieldOf(
      `params.${key}`,
      key,
      runs.map(({ params }) => params[key] ?? null),
    ),
  );

export const tagsOf = (runs: Run[]): Field[] =>
  keysOf(runs, ({ tags }) => tags).map((key) => ({
    ...fieldOf(
      `tags.${key}`,
      key,
      runs.map(({ tags }) => tags[key] ?? null),
    ),
  }));

export const metricsOf = (runs: Run[], stat: Stat): Field[] =>
  keysOf(runs, ({ metrics }) => metrics).map((key) =>
    fieldOf(
      `metrics.${key}`,
      key,
      runs.map(({ metrics }) => metrics[key]?.[stat] ?? null),
    ),
  );

/** The leaves of a document by their paths: `inputs.lr.value`. */
export function leavesOf(value: unknown, path = ""): [path: string, value: string][] {
  if (value === null || value === undefined || value === "") return [];
  if (typeof value !== "object") return [[path, String(value)]];
  return Object.entries(value).flatMap(([key, each]) => leavesOf(each, path ? `${path}.${key}` : key));
}

const UNTOLD =
  /^(displayName|description|status|startTime|endTime|error|services|tags|isArchived|statusReason|parentJobName|experimentName$)|^properties\.(?!.*git)|InputType$/;

/** With what each run was made: code, command, environment, compute, inputs, git. Names of assets are shortened. */
export function settingsOf(runs: Run[]): Field[] {
  const all = runs.map(({ job }) => new Map(leavesOf(job.properties).filter(([path]) => !UNTOLD.test(path))));
  const paths = [...new Set(all.flatMap((each) => [...each.keys()]))];
  return paths
    .map((path) => ({
      key: path,
      name: path.replace(/\.(value|uri)$/, "").replace(/^properties\./, ""),
      values: all.map((each) => shortened(each.get(path) ?? null)),
      isNumber: false,
      isLog: false,
    }))
    .sort((one, other) => rank(one.key) - rank(other.key) || one.name.localeCompare(other.name));
}

const ORDER = ["jobType", "command", "codeId", "environmentId", "computeId", "inputs", "outputs", "resources"];
const rank = (path: string) => {
  const at = ORDER.findIndex((each) => path.startsWith(each));
  return at < 0 ? ORDER.length : at;
};

/** `environments/NAME:VERSION` instead of the whole id of an asset. */
export function shortened(value: string | null): string | null {
  const found = /\/workspaces\/[^/]+\/(\w+)\/([^/]+)(?:\/versions\/([^/]+))?$/.exec(value ?? "");
  return found ? `${found[1]}/${found[2]}${found[3] ? `:${found[3]}` : ""}` : value;
}
