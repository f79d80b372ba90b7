/** The workspace whose page is open, and how pages read and change what lies in it. */
import {
  type UseQueryOptions,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import type { Client } from "openapi-fetch";
import { createContext, type ReactNode, useContext, useMemo } from "react";
import { useParams } from "react-router";
import { addressOf, inWorkspace, type WorkspaceId, type WorkspacePaths } from "@/api/client";

export interface Workspace extends WorkspaceId {
  /** Its address in the REST API, which is also its id. */
  id: string;
  /** Its typed client: `api.GET("/jobs/{name}", { params: { path: { name } } })`. Throws a `Problem`. */
  api: Client<WorkspacePaths>;
  /** The address of a page in it: `to("jobs", name)`. */
  to: (...parts: string[]) => string;
}

const Here = createContext<Workspace | null>(null);

/** Gives the workspace of the address to all pages below. */
export function WorkspaceProvider({ children }: { children: ReactNode }) {
  const { subscription = "", group = "", workspace = "" } = useParams();
  const value = useMemo(() => workspaceAt({ subscription, group, workspace }), [subscription, group, workspace]);
  return <Here.Provider value={value}>{children}</Here.Provider>;
}

/** A workspace by where it lies. */
export function workspaceAt(id: WorkspaceId): Workspace {
  const root = [id.subscription, id.group, id.workspace];
  const to = (...parts: string[]) => `/${[...root, ...parts].map(encodeURIComponent).join("/")}`;
  return { ...id, id: addressOf(id), api: inWorkspace(id), to };
}

/** The workspace of this page. */
export function useWorkspace(): Workspace {
  const here = useContext(Here);
  if (!here) throw new Error("This page lies in no workspace.");
  return here;
}

/** The workspace of this page, where it lies in one. */
export function useWorkspaceMaybe(): Workspace | null {
  return useContext(Here);
}

type Getting = {
  [P in keyof WorkspacePaths]: WorkspacePaths[P] extends { get: object } ? P : never;
}[keyof WorkspacePaths];
type Options<T> = Omit<UseQueryOptions<T>, "queryKey" | "queryFn">;

/**
 * Read an address of this workspace and keep it fresh. `T` says what comes where the API description does not:
 * `useGet<Graph>("/jobs/{name}/graph", { params: { path: { name } } })`.
 */
export function useGet<T>(path: Getting, init: object = {}, options: Options<T> = {}): UseQueryResult<T> {
  const { id, api } = useWorkspace();
  return useQuery<T>({
    queryKey: [id, path, init],
    queryFn: async ({ signal }) => {
      const get = api.GET as unknown as (path: string, init: object) => Promise<{ data?: unknown }>;
      return (await get(path, { ...init, signal })).data as T;
    },
    ...options,
  });
}

/** A change; what was read of the workspace is read again after it. `stale` narrows that to addresses that begin so. */
export function useChange<Said, T = unknown>(change: (said: Said, workspace: Workspace) => Promise<T>, stale = "") {
  const workspace = useWorkspace();
  const queries = useQueryClient();
  return useMutation<T, Error, Said>({
    mutationFn: (said) => change(said, workspace),
    onSuccess: () =>
      queries.invalidateQueries({
        predicate: ({ queryKey }) => queryKey[0] === workspace.id && String(queryKey[1]).startsWith(stale),
      }),
  });
}
