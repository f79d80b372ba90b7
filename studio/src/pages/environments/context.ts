/** The build context of an environment: a Dockerfile and what lies beside it. */
import type { Workspace } from "@/api/workspace";
import { type Picked, withoutIgnored } from "@/pages/author/upload";
import { sendData } from "@/pages/data/send";

/** How an environment names its context. */
export interface Build {
  contextUri: string;
  dockerfilePath?: string;
}

export interface Context {
  /** What the Dockerfile says. */
  text: string;
  /** Its place among the files. */
  dockerfile: string;
  /** The files beside it, as they were chosen. */
  picked: Picked[];
  folder: string;
  /** The context of another environment, taken as it lies; then neither text nor files are told. */
  place: string;
}

const BEGIN = "FROM python:3.11-slim\nRUN pip install --no-cache-dir scikit-learn\n";

/** A context to begin with: that of another environment, or a small Dockerfile. */
export function contextOf(build: Build | null): Context {
  return {
    text: BEGIN,
    dockerfile: build?.dockerfilePath ?? "Dockerfile",
    picked: [],
    folder: "",
    place: build?.contextUri ?? "",
  };
}

/** The context of a folder that was chosen: its Dockerfile is read, where it has one. */
export async function contextIn(old: Context, folder: string, chosen: Picked[]): Promise<Context> {
  const picked = await withoutIgnored(chosen);
  const found =
    picked.find(({ path }) => path === old.dockerfile) ?? picked.find(({ path }) => /(^|\/)Dockerfile$/.test(path));
  const said = found ? { text: await found.file.text(), dockerfile: found.path } : {};
  return { ...old, ...said, picked, folder, place: "" };
}

/** What is sent of a context: the files, and the Dockerfile as it was written. */
export function filesOf({ text, dockerfile, picked }: Context): Picked[] {
  const written = { path: dockerfile, file: new File([text], dockerfile.split("/").at(-1) ?? dockerfile) };
  return [written, ...picked.filter(({ path }) => path !== dockerfile)];
}

/** Send a context, unless it lies there already, and name it as an environment does. */
export async function sentContext(
  workspace: Workspace,
  name: string,
  context: Context,
  told: (sent: number, total: number) => void,
): Promise<Build> {
  const { dockerfile: dockerfilePath, place } = context;
  const contextUri = place || (await sendData(workspace, name, filesOf(context), false, told));
  return { contextUri, dockerfilePath };
}
