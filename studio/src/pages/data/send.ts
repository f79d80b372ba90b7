/** Files of this machine, put where the command line puts them: into the workspace's own datastore. */
import { fetched } from "@/api/client";
import type { Workspace } from "@/api/workspace";
import { uriOf } from "@/pages/assets/paths";
import { sent } from "@/pages/assets/reads";
import { digestOf, inCodePoints, type Picked, randomHex, sendAll } from "@/pages/author/upload";

const STORE = "workspaceblobstore";

interface Store {
  properties: { accountName: string; containerName: string; endpoint: string; protocol: string };
}

/** Where blobs of a store on this server lie: an account may be said with the host and port before it. */
export function placeOf({ accountName, containerName, endpoint }: Store["properties"]): string {
  const account = accountName.split("/").at(-1) ?? "";
  return `/${account}.blob.${endpoint}/${encodeURIComponent(containerName)}`;
}

/** The signed address of a folder in a datastore of this server; `""` is its root. */
async function folderIn({ id }: Workspace, store: string, folder: string): Promise<URL> {
  const address = `${id}/datastores/${encodeURIComponent(store)}`;
  const { properties } = (await sent<Store>("GET", address)) as Store;
  const { sasToken } = (await sent<{ sasToken: string }>("POST", `${address}/listSecrets`)) as { sasToken: string };
  const container = new URL(`${placeOf(properties)}?${sasToken.replace(/^\?/, "")}`, location.origin);
  return below(container, folder);
}

/** The signed address of a path below another. */
function below(place: URL, path: string): URL {
  const parts = path.split("/").filter(Boolean).map(encodeURIComponent);
  return new URL([place.pathname, ...parts].join("/") + place.search, place.origin);
}

/** Put files into a datastore of this server, below a folder; `""` is its root. */
export async function putInto(
  workspace: Workspace,
  store: string,
  folder: string,
  picked: Picked[],
  told: (sent: number, total: number) => void,
): Promise<void> {
  await sendAll(await folderIn(workspace, store, folder), picked, told);
}

/** Bytes that are hashed before they are sent: a browser holds all of them in memory for that. */
const MOST_HASHED = 256 << 20;

/** The hash by which the command line tells equal files; null where it would take too much, or cannot be had. */
export async function sharedDigest(picked: Picked[]): Promise<string | null> {
  const bytes = picked.reduce((sum, { file }) => sum + file.size, 0);
  return globalThis.crypto.subtle && bytes <= MOST_HASHED ? digestOf(picked) : null;
}

/**
 * Send the files of a new asset, unless they lie there already; gives the address of the file, or of the folder they lie
 * in. A mark on the first file, set last, says that all are there: the command line sets and reads the same.
 */
export async function sendData(
  workspace: Workspace,
  name: string,
  picked: Picked[],
  isFile: boolean,
  told: (sent: number, total: number) => void,
): Promise<string> {
  const digest = await sharedDigest(picked);
  const own = digest ?? randomHex();
  const folder = isFile ? `LocalUpload/${own}` : `LocalUpload/${own}/${name}`;
  const container = await folderIn(workspace, STORE, "");
  const [first = ""] = picked.map(({ path }) => path).sort(inCodePoints);
  if (digest === null || !(await isMarked(container, `${folder}/${first}`))) {
    const place = below(container, folder);
    await sendAll(place, picked, told);
    const headers = { "x-ms-meta-upload_status": "completed" };
    if (digest) await fetched(`${below(place, first)}&comp=metadata`, { method: "PUT", headers });
  }
  return uriOf({ store: STORE, path: isFile ? `${folder}/${first}` : folder });
}

/** Whether a blob bears the mark. It is looked for in a list: to ask for what is not there is an error in the console. */
async function isMarked(container: URL, blob: string): Promise<boolean> {
  const asked = `restype=container&comp=list&include=metadata&maxresults=1&prefix=${encodeURIComponent(blob)}`;
  const said = await (await fetched(`${container.pathname}${container.search}&${asked}`)).text();
  const found = new DOMParser().parseFromString(said, "application/xml").querySelector("Blob");
  return (
    found?.querySelector("Name")?.textContent === blob &&
    found.querySelector("Metadata > upload_status")?.textContent === "completed"
  );
}
