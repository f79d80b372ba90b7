/** Names of what lies in the workspace, for pickers and completion. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useGet } from "@/api/workspace";
import type { Names } from "@/pages/author/complete";
import type { Schema } from "@/pages/author/schema";

interface Listed {
  name: string;
  properties: { latestVersion?: string; description?: string; isArchived?: boolean };
}

type Many = { value: Listed[] };
const NOW_AND_THEN = { staleTime: 60_000 };
/** What nobody names by hand: environments and components that were written in place. */
const HIDDEN = new Set(["CliV2AnonymousEnvironment", "azureml_anonymous"]);

function useNames(path: "/environments" | "/data" | "/models" | "/components"): Listed[] {
  const { data } = useGet<Many>(path, {}, NOW_AND_THEN);
  return useMemo(() => (data?.value ?? []).filter(({ name }) => !HIDDEN.has(name)), [data]);
}

export interface Known extends Names {
  listed: { environments: Listed[]; data: Listed[]; models: Listed[]; components: Listed[] };
}

export function useKnown(): Known {
  const computes = useGet<{ value: { name: string }[] }>("/computes", {}, NOW_AND_THEN).data;
  const environments = useNames("/environments");
  const data = useNames("/data");
  const models = useNames("/models");
  const components = useNames("/components");
  return useMemo(() => {
    const names = (all: Listed[]) => all.map(({ name }) => name);
    return {
      computes: ["local", ...(computes?.value ?? []).map(({ name }) => name).filter((name) => name !== "local")],
      environments: names(environments),
      data: names(data),
      models: names(models),
      components: names(components),
      listed: { environments, data, models, components },
    };
  }, [computes, environments, data, models, components]);
}

/** The JSON Schema of a kind of YAML file, as editors get it. */
export function useSchema(name: string) {
  return useQuery({
    queryKey: ["schema", name],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }): Promise<Schema> => (await fetch(`/schemas/${name}.schema.json`, { signal })).json(),
  });
}
