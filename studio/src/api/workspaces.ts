/** All workspaces that one may see. */
import { useQuery } from "@tanstack/react-query";
import { type Doc, server, workspaceIn } from "@/api/client";
import { type Workspace, workspaceAt } from "@/api/workspace";

export interface ListedWorkspace extends Workspace {
  resource: Doc<"WorkspaceResource">;
}

const SUBSCRIPTION = "00000000-0000-0000-0000-000000000000";

/** Every workspace of this server, in the order of their names. */
export function useWorkspaces() {
  return useQuery({
    queryKey: ["workspaces"],
    queryFn: async ({ signal }): Promise<ListedWorkspace[]> => {
      const path = "/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/workspaces";
      const { data } = await server.GET(path, { params: { path: { subscription: SUBSCRIPTION } }, signal });
      const listed = (data?.value ?? []).flatMap((resource) => {
        const id = workspaceIn(resource.id ?? "");
        return id ? [{ ...workspaceAt(id), resource: resource as Doc<"WorkspaceResource"> }] : [];
      });
      return listed.sort((one, other) => one.workspace.localeCompare(other.workspace));
    },
  });
}
