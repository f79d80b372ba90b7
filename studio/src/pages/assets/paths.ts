/** Addresses of files in datastores, as assets name them and as the file browser does. */

export interface Stored {
  store: string;
  path: string;
}

const STORED = /^azureml:\/\/(?:.*\/)?datastores\/([^/]+)\/paths\/(.*)$/i;

/** The datastore and path of an azureml:// address; null for other addresses. */
export function storedIn(uri: string): Stored | null {
  const found = STORED.exec(uri);
  return found ? { store: found[1] ?? "", path: (found[2] ?? "").replace(/\/+$/, "") } : null;
}

export const uriOf = ({ store, path }: Stored) => `azureml://datastores/${store}/paths/${path}`;

/** A path below another. */
export const below = (folder: string, name: string) => (folder ? `${folder.replace(/\/+$/, "")}/${name}` : name);

/** The folders on the way to a path, the outermost first, each with the path that leads there. */
export function crumbsOf(path: string): { name: string; path: string }[] {
  const parts = path.split("/").filter(Boolean);
  return parts.map((name, index) => ({ name, path: parts.slice(0, index + 1).join("/") }));
}

/** The folder that a file lies in. */
export const folderOf = (path: string) => path.split("/").slice(0, -1).join("/");

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/;

export const isName = (text: string) => NAME.test(text);

/** A name that an asset can have, made of a file's. */
export const nameFrom = (file: string) =>
  file
    .replace(/\.[A-Za-z0-9]{1,8}$/, "")
    .replace(/[^A-Za-z0-9_.-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 255);
