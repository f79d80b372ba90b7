/** Where an endpoint came from: its deployments, their models, and the jobs and data behind these. */
import {
  BranchFork20Regular,
  Cube20Regular,
  DocumentTable20Regular,
  Flash20Regular,
  Layer20Regular,
} from "@fluentui/react-icons";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useGet, useWorkspace, type Workspace } from "@/api/workspace";
import { Asked } from "@/parts/asked";
import { Graph } from "@/parts/graph";
import { Empty } from "@/parts/problem";
import { isAnonymous } from "./reads";

export interface LineageNode {
  id: string;
  kind: string;
  name: string;
  version?: string;
  status?: string;
  isDeleted?: boolean;
  isArchived?: boolean;
}

export interface LineageGraph {
  root: string;
  nodes: LineageNode[];
  edges: { from: string; to: string; role: string }[];
  events: { at: string; by: string; event: string; node: string; from?: string; to?: string }[];
}

export type Collection = "onlineEndpoints" | "batchEndpoints";

export function useLineage(collection: Collection, name: string) {
  return useGet<LineageGraph>(
    `/${collection}/{name}/lineage`,
    { params: { path: { name } } },
    { refetchInterval: 15_000 },
  );
}

const ICONS: Record<string, ReactNode> = {
  job: <Flash20Regular />,
  model: <Cube20Regular />,
  data: <DocumentTable20Regular />,
  environment: <Layer20Regular />,
  component: <BranchFork20Regular />,
};

const PAGES: Record<string, string> = {
  model: "models",
  data: "data",
  environment: "environments",
  component: "components",
};

/** The page of what a node stands for, where it has one. */
export function pageOf({ kind, name, version, isDeleted }: LineageNode, to: Workspace["to"]): string | undefined {
  if (isDeleted) return undefined;
  if (kind === "job" || kind === "run") return to("jobs", name);
  if (kind === "online-endpoint" || kind === "online-deployment") return to("endpoints", "online", name);
  if (kind === "batch-endpoint" || kind === "batch-deployment") return to("endpoints", "batch", name);
  const page = PAGES[kind];
  return page && version ? to(page, name, version) : undefined;
}

export default function Origin({ collection, name }: { collection: Collection; name: string }) {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const lineage = useLineage(collection, name);
  return (
    <Asked of={lineage}>
      {({ root, nodes, edges }) =>
        nodes.length < 2 ? (
          <Empty
            title={t("Nothing led here yet")}
            hint={t("Deployments, their models and what made these appear here.")}
          />
        ) : (
          <Graph
            label={t("What {{name}} was made from", { name })}
            direction="right"
            height="100%"
            nodes={nodes.map((node) => ({
              id: node.id,
              title: titleOf(node),
              subtitle: node.kind,
              icon: ICONS[node.kind],
              status: node.status,
              to: node.id === root ? undefined : pageOf(node, to),
              isMain: node.id === root,
              isFaint: node.isDeleted || node.isArchived,
            }))}
            edges={edges.map(({ from, to, role }) => ({ from, to, label: role }))}
          />
        )
      }
    </Asked>
  );
}

function titleOf({ kind, name, version }: LineageNode): string {
  if (kind.endsWith("-deployment")) return version || name;
  if (isAnonymous(name)) return kind;
  return version && version.length < 20 ? `${name}:${version}` : name;
}
