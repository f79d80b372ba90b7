/** The files of a job or of a code snapshot, as the server tells them. */
import { useQuery } from "@tanstack/react-query";
import { fetched } from "@/api/client";
import { useWorkspace } from "@/api/workspace";

export interface FileEntry {
  name: string;
  path: string;
  isFolder: boolean;
  size: number | null;
  modified: number | null;
}

export interface Piece {
  size: number;
  offset: number;
  next: number;
  text: string;
}

export interface Match {
  offset: number;
  line: number;
  start: number;
  text: string;
}

/** An address of a file: each part escaped, its slashes kept. */
export const escaped = (path: string) => path.split("/").map(encodeURIComponent).join("/");

/** Where files are asked for: a job, or a version of a code snapshot. */
export const jobFiles = (name: string) => `/jobs/${encodeURIComponent(name)}`;

/** What is in a folder of a job. */
export const useFolder = (name: string, path: string, enabled = true) => useTree(jobFiles(name), path, enabled);

/** What is in a folder of a job or a code snapshot. */
export function useTree(root: string, path: string, enabled = true) {
  const { id } = useWorkspace();
  return useQuery({
    queryKey: [id, root, "files", path],
    enabled,
    queryFn: async ({ signal }): Promise<{ value: FileEntry[] }> =>
      (await fetched(`${id}${root}/files?path=${encodeURIComponent(path)}`, { signal })).json(),
  });
}

/** A part of a text, about `length` bytes from `offset` on. */
export async function readPiece(
  id: string,
  root: string,
  path: string,
  offset: number,
  length: number,
  signal?: AbortSignal,
): Promise<Piece> {
  const asked = `offset=${offset}&length=${length}`;
  return (await fetched(`${id}${root}/text/${escaped(path)}?${asked}`, { signal })).json();
}

/** The lines of a text that hold something, from a byte on. */
export async function findIn(
  id: string,
  root: string,
  path: string,
  asked: { text: string; regex: boolean; from: number; limit: number },
): Promise<{ matches: Match[]; more: boolean; next: number }> {
  const query = new URLSearchParams({
    ...asked,
    regex: String(asked.regex),
    from: String(asked.from),
    limit: String(asked.limit),
  });
  return (await fetched(`${id}${root}/find/${escaped(path)}?${query}`)).json();
}

/** An address under which a file of a run is shown for an hour, to pictures, frames and downloads. */
export function useTicket(run: string, path: string, enabled = true) {
  const { id } = useWorkspace();
  return useQuery({
    queryKey: [id, `/jobs/${run}`, "ticket", path],
    enabled,
    staleTime: 50 * 60_000,
    queryFn: () => ticketFor(id, run, path),
  });
}

export async function ticketFor(id: string, run: string, path: string): Promise<{ url: string; mediaType: string }> {
  const said = { method: "POST", body: JSON.stringify({ run, path }), headers: { "Content-Type": "application/json" } };
  return (await fetched(`${id}/fileTickets`, said)).json();
}

/** Let the browser keep a file. */
export async function download(id: string, run: string, path: string): Promise<void> {
  const { url } = await ticketFor(id, run, path);
  const link = document.createElement("a");
  link.href = `${url}?download`;
  link.download = path.split("/").at(-1) ?? "file";
  link.click();
}
