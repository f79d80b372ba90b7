/** Sends a folder of code from the browser, as a code asset: what the command line does with `code: ./src`. */
import { fetched } from "@/api/client";
import type { Workspace } from "@/api/workspace";

export interface CodeFile {
  path: string;
  content: Blob;
}

interface Pending {
  blobReferenceForConsumption: { blobUri: string; credential: { sasUri: string } };
}

/** The address of a blob at this server itself: a page asks no other host. */
export function sameOrigin(sasUri: string, path: string): string {
  const { pathname, search } = new URL(sasUri);
  const container = pathname.replace(/^\/lazuli\.blob\.[^/]+/, "");
  const file = path.split("/").map(encodeURIComponent).join("/");
  return `/lazuli.blob.core.lazuli.local${container}/${file}${search}`;
}

/** Upload files and keep them as code; its resource id. */
export async function uploadCode(workspace: Workspace, files: CodeFile[]): Promise<string> {
  const root = `${workspace.id}/codes/${crypto.randomUUID()}/versions/1`;
  const json = { "Content-Type": "application/json" };
  const asked = await fetched(`${root}/startPendingUpload`, {
    method: "POST",
    headers: json,
    body: JSON.stringify({ pendingUploadType: "TemporaryBlobReference" }),
  });
  const { blobUri, credential } = ((await asked.json()) as Pending).blobReferenceForConsumption;
  for (const { path, content } of files)
    await fetched(sameOrigin(credential.sasUri, path), {
      method: "PUT",
      headers: { "x-ms-blob-type": "BlockBlob", "x-ms-version": "2021-08-06" },
      body: content,
    });
  const body = JSON.stringify({ properties: { codeUri: blobUri, isAnonymous: true } });
  return (await (await fetched(root, { method: "PUT", headers: json, body })).json()).id;
}

const SKIPPED = /(^|\/)(\.git|__pycache__|\.venv|node_modules|\.DS_Store)(\/|$)/;

/** The files that were chosen, without the name of the folder itself and without what no code needs. */
export function chosenFiles(list: Iterable<File>): { folder: string; files: CodeFile[] } {
  const all = [...list].filter((file) => !SKIPPED.test(file.webkitRelativePath || file.name));
  const folder = all[0]?.webkitRelativePath.split("/")[0] ?? "";
  const files = all.map((file) => ({
    path: file.webkitRelativePath ? file.webkitRelativePath.split("/").slice(1).join("/") : file.name,
    content: file,
  }));
  return { folder, files };
}

/** The script among files that is most likely the one that answers. */
export function likelyScript(files: CodeFile[]): string {
  const scripts = files.map(({ path }) => path).filter((path) => path.endsWith(".py"));
  return (
    scripts.find((path) => /(^|\/)score\.py$/.test(path)) ??
    scripts.find((path) => /scor/.test(path)) ??
    scripts[0] ??
    ""
  );
}
