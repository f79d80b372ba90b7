/** The YAML that a page begins with: of a job, of a component, of a template, or what was not sent. */
import { fetched } from "@/api/client";
import type { Workspace } from "@/api/workspace";
import type { Template } from "@/pages/author/templates";
import { type ComponentResource, pipelineOf } from "@/pages/components/component";

/** A job as the YAML that submits it again. */
export async function fileOfJob({ id }: Workspace, name: string, signal?: AbortSignal): Promise<string> {
  return (await fetched(`${id}/jobs/${encodeURIComponent(name)}/file`, { signal })).text();
}

/** What an address asks for (`?from=JOB`, `?component=NAME:VERSION`, `?template=KEY`); null where it asks for nothing. */
export async function askedFor(
  workspace: Workspace,
  query: URLSearchParams,
  known: Template[],
  signal: AbortSignal,
): Promise<string | null> {
  const [job, component, template] = ["from", "component", "template"].map((word) => query.get(word));
  if (job) return fileOfJob(workspace, job, signal);
  if (component) {
    const [name = "", version = ""] = component.split(":");
    const path = `/components/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}`;
    return pipelineOf(
      (await (await fetched(workspace.id + path, { signal })).json()) as ComponentResource,
      name,
      version,
    );
  }
  return known.find(({ key }) => key === template)?.yaml ?? null;
}
