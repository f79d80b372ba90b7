/** Named assets with versions, data, models and environments, as the pages of each read and change them. */
import { useQuery } from "@tanstack/react-query";
import { fetched } from "@/api/client";
import { useChange, useWorkspace, type Workspace } from "@/api/workspace";

export type Kind = "data" | "models" | "environments";

export interface System {
  createdAt?: string;
  createdBy?: string;
  lastModifiedAt?: string;
}

/** A name, that versions stand under. */
export interface Name {
  name: string;
  properties: { latestVersion?: string; nextVersion?: string; isArchived?: boolean; isAnonymous?: boolean };
  systemData?: System;
}

export interface Facts {
  description?: string;
  tags?: Record<string, string>;
  properties?: Record<string, string>;
  isArchived?: boolean;
  [fact: string]: unknown;
}

export interface Version {
  id: string;
  name: string;
  properties: Facts;
  systemData?: System;
}

export type View = "ActiveOnly" | "ArchivedOnly";

const part = encodeURIComponent;

/** The address of a version below its workspace. */
export const addressOf = (kind: Kind, name: string, version: string) =>
  `/${kind}/${part(name)}/versions/${part(version)}`;

/** Everything in a list, over all of its pages. */
export async function listed<T>(address: string, signal?: AbortSignal): Promise<T[]> {
  const found: T[] = [];
  for (let next: string | undefined = address; next; ) {
    const page: { value: T[]; nextLink?: string } = await (await fetched(next, { signal })).json();
    found.push(...page.value);
    const link: URL | null = page.nextLink ? new URL(page.nextLink) : null;
    next = link ? link.pathname + link.search : undefined;
  }
  return found;
}

export function useNames(kind: Kind, view: View = "ActiveOnly") {
  const { id } = useWorkspace();
  return useQuery({
    queryKey: [id, `/${kind}`, "names", view],
    queryFn: ({ signal }) => listed<Name>(`${id}/${kind}?listViewType=${view}`, signal),
  });
}

export function useVersions(kind: Kind, name: string) {
  const { id } = useWorkspace();
  return useQuery({
    queryKey: [id, `/${kind}`, "versions", name],
    queryFn: ({ signal }) => listed<Version>(`${id}/${kind}/${part(name)}/versions?listViewType=All`, signal),
  });
}

/** Read an address of this workspace that has no type; what changes below `/kind` reads it again. */
export function useRead<T>(address: string, options: { enabled?: boolean; refetchInterval?: number | false } = {}) {
  const { id } = useWorkspace();
  return useQuery<T>({
    queryKey: [id, address],
    queryFn: async ({ signal }) => (await fetched(id + address, { signal })).json(),
    retry: false,
    ...options,
  });
}

export async function sent<T = unknown>(method: string, address: string, body?: object): Promise<T | undefined> {
  const init = body ? { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } } : {};
  const text = await (await fetched(address, { method, ...init })).text();
  return text ? JSON.parse(text) : undefined;
}

/** Change some facts of a version; the others stay. */
export function useEdit(kind: Kind, name: string, version: string) {
  return useChange(async (facts: Partial<Facts>, { id }) => {
    const address = id + addressOf(kind, name, version);
    const now: Version = await (await fetched(address)).json();
    await sent("PUT", address, { properties: { ...now.properties, ...facts } });
  }, `/${kind}`);
}

/** Make a version; where none is said it becomes the next one. Gives its name. */
export async function made({ id }: Workspace, kind: Kind, name: string, properties: Facts, version = "") {
  const said = version || (await nextVersion(id, kind, name));
  await sent("PUT", id + addressOf(kind, name, said), { properties });
  return said;
}

async function nextVersion(id: string, kind: Kind, name: string): Promise<string> {
  const names = await listed<Name>(`${id}/${kind}?listViewType=All`);
  return names.find((each) => each.name === name)?.properties.nextVersion ?? "1";
}
