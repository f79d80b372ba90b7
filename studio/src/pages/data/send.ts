/** Files of this machine, put where the command line puts them: into the workspace's own datastore. */
import type { Workspace } from "@/api/workspace";
import { uriOf } from "@/pages/assets/paths";
import { sent } from "@/pages/assets/reads";
import { type Picked, sendAll } from "@/pages/author/upload";

const STORE = "workspaceblobstore";

interface Store {
  properties: { accountName: string; containerName: string; endpoint: string; protocol: string };
}

/** Where blobs of a store on this server lie: an account may be said with the host and port before it. */
export function placeOf({ accountName, containerName, endpoint }: Store["properties"]): string {
  const account = accountName.split("/").at(-1) ?? "";
  return `/${account}.blob.${endpoint}/${encodeURIComponent(containerName)}`;
}

/** Put files into a datastore of this server, below a folder; `""` is its root. */
export async function putInto(
  { id }: Workspace,
  store: string,
  folder: string,
  picked: Picked[],
  told: (sent: number, total: number) => void,
): Promise<void> {
  const address = `${id}/datastores/${encodeURIComponent(store)}`;
  const { properties } = (await sent<Store>("GET", address)) as Store;
  const { sasToken } = (await sent<{ sasToken: string }>("POST", `${address}/listSecrets`)) as { sasToken: string };
  const path = folder ? `/${folder.split("/").map(encodeURIComponent).join("/")}` : "";
  const place = new URL(`${placeOf(properties)}${path}?${sasToken.replace(/^\?/, "")}`, location.origin);
  await sendAll(place, picked, told);
}

/** Send the files of a new asset; gives the address of the file, or of the folder they lie in. */
export async function sendData(
  workspace: Workspace,
  name: string,
  picked: Picked[],
  isFile: boolean,
  told: (sent: number, total: number) => void,
): Promise<string> {
  const own = [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  const folder = isFile ? `LocalUpload/${own}` : `LocalUpload/${own}/${name}`;
  await putInto(workspace, STORE, folder, picked, told);
  return uriOf({ store: STORE, path: isFile ? `${folder}/${picked[0]?.path ?? ""}` : folder });
}
