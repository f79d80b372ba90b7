/** What an environment is made of. */
import type { Facts } from "@/pages/assets/reads";

/** Those that come with the server are named as Azure names them. */
export const isCurated = (name: string) => /^AzureML-/i.test(name);

/** The texts that an environment is made from, by what they are. */
export function textsOf(properties: Facts): { title: string; text: string }[] {
  const build = properties.build as { dockerfile?: string; dockerfilePath?: string; contextUri?: string } | undefined;
  const conda = properties.condaFile;
  const requirements = properties.requirements ?? properties.pipRequirements;
  return [
    { title: "conda.yaml", text: typeof conda === "string" ? conda : conda ? JSON.stringify(conda, null, 2) : "" },
    { title: "Dockerfile", text: String(build?.dockerfile ?? properties.dockerfile ?? "") },
    {
      title: "requirements.txt",
      text: Array.isArray(requirements) ? requirements.join("\n") : String(requirements ?? ""),
    },
  ].filter(({ text }) => text.trim() !== "");
}

export interface Package {
  name: string;
  version: string;
}

/** A line of a lock: `six==1.17.0`, `name @ https://…`, or a name alone. */
export function packageIn(line: string): Package {
  const said = line.split(";")[0]?.trim() ?? "";
  const pinned = /^([A-Za-z0-9._[\],-]+)\s*={2,3}\s*(\S+)$/.exec(said);
  if (pinned) return { name: pinned[1] ?? "", version: pinned[2] ?? "" };
  const placed = /^(\S+)\s+@\s+(\S+)$/.exec(said);
  return placed ? { name: placed[1] ?? "", version: placed[2] ?? "" } : { name: said, version: "" };
}
