/** What a batch endpoint is given, as the REST API and as the command line say it. */
import type { Port } from "@/pages/components/component";
import { quoted } from "./snippets";

export interface Given {
  name: string;
  kind: "UriFolder" | "UriFile" | "MLTable" | "literal";
  value: string;
}

export interface Once {
  miniBatch: string;
  nodes: string;
  file: string;
}

const KINDS: Record<string, Given["kind"]> = { uri_folder: "UriFolder", uri_file: "UriFile", mltable: "MLTable" };

/** What a pipeline is to be given: its inputs, with their defaults; what may stay away does. */
export function givenOf(inputs: Record<string, Port>): Given[] {
  return Object.entries(inputs)
    .filter(([, { optional, default: usual }]) => !optional || (usual ?? null) !== null)
    .map(([name, port]) => ({
      name,
      kind: KINDS[port.type] ?? "literal",
      value: String(port.default ?? port.enum?.[0] ?? ""),
    }));
}

export function invokeRest(given: Given[], once: Once) {
  const inputData = Object.fromEntries(
    given.map(({ name, kind, value }) => [
      name,
      kind === "literal" ? { jobInputType: kind, value } : { jobInputType: kind, uri: value },
    ]),
  );
  return {
    properties: {
      inputData,
      ...(once.miniBatch && { miniBatchSize: Number(once.miniBatch) }),
      ...(once.nodes && { compute: { instanceCount: Number(once.nodes) } }),
      ...(once.file && { outputFileName: once.file }),
    },
  };
}

export function invokeCommand(endpoint: string, deployment: string, given: Given[], once: Once): string {
  const parts = [`lazuli batch-endpoint invoke -n ${endpoint}`];
  if (deployment) parts.push(`-d ${deployment}`);
  const [first] = given;
  if (given.length === 1 && first && first.kind !== "literal") {
    parts.push(`--input ${word(first.value || "DATA")}`);
    if (first.kind === "UriFile") parts.push("--input-type uri_file");
  } else parts.push(`--inputs ${given.map(({ name, value }) => word(`${name || "NAME"}=${value}`)).join(" ")}`);
  if (once.miniBatch) parts.push(`--mini-batch-size ${once.miniBatch}`);
  if (once.nodes) parts.push(`--instance-count ${once.nodes}`);
  if (once.file) parts.push(`--set ${word(`output_file_name=${once.file}`)}`);
  return parts.join(" ");
}

const word = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : quoted(text));
