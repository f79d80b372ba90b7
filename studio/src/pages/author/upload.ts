/** A folder of this machine as a code asset: hashed and sent as the command line does it, so that equal code is one. */
import { fetched } from "@/api/client";
import { Problem } from "@/api/problem";
import type { Workspace } from "@/api/workspace";

export interface Picked {
  /** Its path below the folder that was chosen. */
  path: string;
  file: File;
}

export interface Uploaded {
  /** The code asset, as YAML and as the API name it. */
  reference: string;
  id: string;
  name: string;
  count: number;
  bytes: number;
}

const NEVER = new Set([".git", "__pycache__"]);
const BLOCK = 8 << 20;
const AT_ONCE = 6;
const HASH_VERSION = "202208";

/** The files that go along: without what `.amlignore`, else `.gitignore`, of the folder names. */
export async function withoutIgnored(picked: Picked[]): Promise<Picked[]> {
  const rules = picked.find(({ path }) => path === ".amlignore") ?? picked.find(({ path }) => path === ".gitignore");
  const isIgnored = ignoring(rules ? (await rules.file.text()).split(/\r?\n/) : []);
  return picked.filter(({ path }) => !path.split("/").some((part) => NEVER.has(part)) && !isIgnored(path));
}

/** Whether a path is named by lines in the language of `.gitignore`. */
export function ignoring(lines: string[]): (path: string) => boolean {
  const rules = lines.flatMap((line) => {
    const said = line.replace(/(?<!\\)\s+$/, "");
    if (!said || said.startsWith("#")) return [];
    const isKept = said.startsWith("!");
    const pattern = said.replace(/^!/, "").replace(/^\\(?=[#!])/, "");
    return [{ isKept, onlyFolders: pattern.endsWith("/"), fits: patternOf(pattern.replace(/\/$/, "")) }];
  });
  const isNamed = (path: string, isFolder: boolean) =>
    rules.reduce(
      (named, { isKept, onlyFolders, fits }) => (fits.test(path) && (isFolder || !onlyFolders) ? !isKept : named),
      false,
    );
  return (path) => {
    const parts = path.split("/");
    return parts.some((_, index) => isNamed(parts.slice(0, index + 1).join("/"), index < parts.length - 1));
  };
}

function patternOf(pattern: string): RegExp {
  const isAnchored = pattern.includes("/");
  const source = pattern
    .replace(/^\//, "")
    .replaceAll(/\*\*\/|\/\*\*$|\*\*|\*|\?|\[[^\]]+\]|[.+^${}()|\\[\]]/g, (piece) => {
      if (piece === "**/") return "(?:.*/)?";
      if (piece === "/**") return "/.*";
      if (piece === "**") return ".*";
      if (piece === "*") return "[^/]*";
      if (piece === "?") return "[^/]";
      return piece.length > 1 ? piece.replace(/^\[!/, "[^") : `\\${piece}`;
    });
  return new RegExp(`^${isAnchored ? "" : "(?:.*/)?"}${source}$`);
}

/** The hash of a snapshot: of the paths, and the hashes of the contents. */
export async function digestOf(picked: Picked[]): Promise<string> {
  const hashed = await Promise.all(
    picked.map(async ({ path, file }) => [path, await sha256(await file.arrayBuffer())] as const),
  );
  const lines = hashed.sort(([one], [other]) => inCodePoints(one, other)).map(([path, hash]) => `${path}\0${hash}\n`);
  return sha256(new TextEncoder().encode(lines.join("")).buffer as ArrayBuffer);
}

/** The order of paths in a snapshot. */
export function inCodePoints(one: string, other: string): number {
  const [a, b] = [[...one], [...other]];
  for (let index = 0; index < Math.min(a.length, b.length); index += 1) {
    const gap = (a[index]?.codePointAt(0) ?? 0) - (b[index]?.codePointAt(0) ?? 0);
    if (gap) return gap;
  }
  return a.length - b.length;
}

async function sha256(bytes: ArrayBuffer): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The code asset with these files: what the workspace has already, else uploaded. `told` hears how many are sent. */
export async function upload(
  { id }: Workspace,
  name: string,
  chosen: Picked[],
  told: (sent: number, total: number) => void = () => {},
): Promise<Uploaded> {
  const picked = await withoutIgnored(chosen);
  if (picked.length === 0) throw new Problem(0, "", `'${name}' has no files to upload.`);
  const facts = { name, count: picked.length, bytes: picked.reduce((sum, { file }) => sum + file.size, 0) };
  // Without a secure context (plain http from another machine) browsers hash nothing: then it is uploaded each time.
  const digest = globalThis.crypto.subtle ? await digestOf(picked) : null;
  const own = uuidOf(digest ?? randomHex());
  const codes = `${id}/codes/${own}/versions`;
  if (digest) {
    const known = await (await fetched(`${codes}?hash=${digest}&hashVersion=${HASH_VERSION}`)).json();
    const found = known.value?.[0]?.name;
    if (found) return { ...facts, reference: `azureml:${own}:${found}`, id: `${codes}/${found}` };
  }
  const pending = await asked("POST", `${codes}/1/startPendingUpload`, { pendingUploadType: "TemporaryBlobReference" });
  const { blobUri, credential } = pending.blobReferenceForConsumption;
  await sendAll(new URL(credential.sasUri), picked, told);
  const properties = digest ? { hash_sha256: digest, hash_version: HASH_VERSION } : {};
  await asked("PUT", `${codes}/1`, { properties: { codeUri: blobUri, isAnonymous: true, properties } });
  return { ...facts, reference: `azureml:${own}:1`, id: `${codes}/1` };
}

async function asked(method: string, address: string, body: object) {
  const init = { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  return (await fetched(address, init)).json();
}

export async function sendAll(
  place: URL,
  picked: Picked[],
  told: (sent: number, total: number) => void,
): Promise<void> {
  const left = [...picked];
  let sent = 0;
  const send = async () => {
    for (let next = left.pop(); next; next = left.pop()) {
      await sendOne(place, next);
      sent += 1;
      told(sent, picked.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, send));
}

async function sendOne({ pathname, search }: URL, { path, file }: Picked): Promise<void> {
  const blob = `${pathname}/${path.split("/").map(encodeURIComponent).join("/")}${search}`;
  if (file.size <= BLOCK) {
    await fetched(blob, { method: "PUT", headers: { "x-ms-blob-type": "BlockBlob" }, body: file });
    return;
  }
  const ids: string[] = [];
  for (let start = 0; start < file.size; start += BLOCK) {
    const block = btoa(String(ids.length).padStart(8, "0"));
    await fetched(`${blob}&comp=block&blockid=${encodeURIComponent(block)}`, {
      method: "PUT",
      body: file.slice(start, start + BLOCK),
    });
    ids.push(block);
  }
  const listed = ids.map((block) => `<Latest>${block}</Latest>`).join("");
  const body = `<?xml version="1.0" encoding="utf-8"?><BlockList>${listed}</BlockList>`;
  await fetched(`${blob}&comp=blocklist`, { method: "PUT", body });
}

const uuidOf = (hex: string) => hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

export function randomHex(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Files that were chosen or dropped; where that was a folder, their paths begin below it, and `name` is its name. */
export interface Chosen {
  name: string;
  picked: Picked[];
  isFolder: boolean;
}

/** What an input of files holds. */
export function pickedOf(files: FileList | File[]): Chosen {
  const paths = [...files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
  const root = paths[0]?.path.split("/")[0] ?? "";
  const isFolder = paths.length > 0 && paths.every(({ path }) => path.startsWith(`${root}/`));
  const picked = isFolder ? paths.map(({ file, path }) => ({ file, path: path.slice(root.length + 1) })) : paths;
  return { name: isFolder ? root : (paths[0]?.path ?? ""), picked, isFolder };
}

/** All files of what was dropped, of folders in folders as well. */
export async function dropped(transfer: DataTransfer): Promise<Chosen> {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const [only] = entries;
  const isFolder = entries.length === 1 && only?.isDirectory === true;
  const found = (await Promise.all(entries.map((entry) => filesIn(entry, "")))).flat();
  const picked = isFolder ? found.map(({ path, file }) => ({ file, path: path.slice(path.indexOf("/") + 1) })) : found;
  return { name: only?.name ?? "", picked, isFolder };
}

async function filesIn(entry: FileSystemEntry, above: string): Promise<Picked[]> {
  const path = above ? `${above}/${entry.name}` : entry.name;
  if (entry.isFile) {
    const file = await new Promise<File>((done, fail) => (entry as FileSystemFileEntry).file(done, fail));
    return [{ path, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: Picked[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
    if (some.length === 0) return found;
    found.push(...(await Promise.all(some.map((each) => filesIn(each, path)))).flat());
  }
}
