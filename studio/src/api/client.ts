/** The server's REST API, typed by its own description. */
import createClient, { type Client, type Middleware } from "openapi-fetch";
import { problemOf } from "@/api/problem";
import type { paths as ServerPaths } from "@/api/server.gen";
import { proofHeader } from "@/api/session";
import type { components, paths as WorkspacePaths } from "@/api/workspace.gen";

export type { ServerPaths, WorkspacePaths };
/** A document or resource by its name in the API: `Doc<"AnyJobResource">`. */
export type Doc<Name extends keyof components["schemas"]> = components["schemas"][Name];

/** Told when the session has ended, so that the page asks to sign in again. */
export const SIGNED_OUT = "lazuli:signed-out";

const guarded: Middleware = {
  onRequest({ request }) {
    for (const [name, value] of Object.entries(proofHeader())) request.headers.set(name, value);
    return request;
  },
  async onResponse({ response }) {
    if (response.ok) return response;
    if (response.status === 401) window.dispatchEvent(new Event(SIGNED_OUT));
    throw await problemOf(response);
  },
};

function made<Paths extends object>(baseUrl: string): Client<Paths> {
  const client = createClient<Paths>({ baseUrl });
  client.use(guarded);
  return client;
}

/** What lies outside every workspace. */
export const server = made<ServerPaths>(location.origin);

/** Where a workspace lies. */
export interface WorkspaceId {
  subscription: string;
  group: string;
  workspace: string;
}

/** The address of a workspace in the REST API; also its id. */
export function addressOf({ subscription, group, workspace }: WorkspaceId): string {
  const [s, g, w] = [subscription, group, workspace].map(encodeURIComponent);
  return `/subscriptions/${s}/resourceGroups/${g}/providers/Microsoft.MachineLearningServices/workspaces/${w}`;
}

/** The workspace that an id names, also the id of something inside it. */
export function workspaceIn(id: string): WorkspaceId | null {
  const found = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/.*?\/workspaces\/([^/]+)/i.exec(id);
  return found ? { subscription: found[1] ?? "", group: found[2] ?? "", workspace: found[3] ?? "" } : null;
}

/** What lies in a workspace, with addresses that begin there: `/jobs/{name}`. */
export function inWorkspace(id: WorkspaceId): Client<WorkspacePaths> {
  return made<WorkspacePaths>(location.origin + addressOf(id));
}

/** A request outside the typed clients (streams, bytes), with the session and with problems thrown as everywhere. */
export async function fetched(address: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(address, { ...init, headers: { ...init.headers, ...proofHeader() } });
  if (response.status === 401) window.dispatchEvent(new Event(SIGNED_OUT));
  if (!response.ok) throw await problemOf(response);
  return response;
}
