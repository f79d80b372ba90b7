/** All workspaces that one may see. */
import { useQuery } from "@tanstack/react-query";
import { type Doc, server, workspaceIn } from "@/api/client";
import { type Workspace, workspaceAt } from "@/api/workspace";

export interface ListedWorkspace extends Workspace {
  resource: Doc<"WorkspaceResource">;
}

/** The subscriptions of this server, the default one first. */
export async function subscriptions(signal?: AbortSignal): Promise<string[]> {
  const { data } = await server.GET("/subscriptions", { signal });
  return (data as unknown as { value: { subscriptionId: string }[] }).value.map((each) => each.subscriptionId);
}

export const useSubscriptions = () =>
  useQuery({ queryKey: ["subscriptions"], queryFn: ({ signal }) => subscriptions(signal) });

/** Every workspace of this server, in the order of their names. */
export function useWorkspaces() {
  return useQuery({
    queryKey: ["workspaces"],
    queryFn: async ({ signal }) => {
      const lists = await Promise.all((await subscriptions(signal)).map((each) => workspacesOf(each, signal)));
      return lists.flat().sort((one, other) => one.workspace.localeCompare(other.workspace));
    },
  });
}

async function workspacesOf(subscription: string, signal: AbortSignal): Promise<ListedWorkspace[]> {
  const path = "/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/workspaces";
  const found: ListedWorkspace[] = [];
  for (let after: string | undefined = ""; after !== undefined; ) {
    const query = after ? { $skipToken: after } : {};
    const { data } = await server.GET(path, { params: { path: { subscription }, query } as never, signal });
    const { value, nextLink } = data as unknown as { value: Doc<"WorkspaceResource">[]; nextLink?: string };
    for (const resource of value) {
      const id = workspaceIn(resource.id ?? "");
      if (id) found.push({ ...workspaceAt(id), resource });
    }
    after = nextLink ? (new URL(nextLink).searchParams.get("$skipToken") ?? undefined) : undefined;
  }
  return found;
}
