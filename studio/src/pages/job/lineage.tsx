/** What a job was made from, and what was made of it. */
import { MessageBar, Switch, Toolbar } from "@fluentui/react-components";
import {
  BoxMultiple20Regular,
  BranchFork20Regular,
  Code20Regular,
  Cube20Regular,
  DocumentTable20Regular,
  Flash20Regular,
  Folder20Regular,
  Layer20Regular,
  PuzzlePiece20Regular,
} from "@fluentui/react-icons";
import { type ReactElement, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useGet, useWorkspace } from "@/api/workspace";
import { namedBy } from "@/pages/job/named";
import { Asked } from "@/parts/asked";
import { Graph } from "@/parts/graph";
import { Empty } from "@/parts/problem";

interface Node {
  id: string;
  kind: string;
  name: string;
  version: string;
  status?: string;
  experiment?: string;
  isArchived?: boolean;
  isDeleted?: boolean;
}

interface Lineage {
  root: string;
  nodes: Node[];
  edges: { from: string; to: string; role: string }[];
  isCut: boolean;
}

const ICONS: Record<string, ReactElement> = {
  job: <Flash20Regular />,
  run: <Flash20Regular />,
  data: <DocumentTable20Regular />,
  model: <Cube20Regular />,
  environment: <Layer20Regular />,
  component: <PuzzlePiece20Regular />,
  code: <Code20Regular />,
  path: <Folder20Regular />,
};

/** So few things are all drawn, unless one does not want it. */
const FEW = 12;

export default function LineageTab({ name }: { name: string }) {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const [chosen, setWhole] = useState<boolean | null>(null);
  const query = useGet<Lineage>("/jobs/{name}/lineage", { params: { path: { name } } });
  const isWhole = chosen ?? (query.data?.nodes.length ?? 0) <= FEW;
  const drawn = useMemo(() => {
    const found = query.data;
    if (!found) return { nodes: [], edges: [] };
    const isOwn = ({ id, kind }: Node) =>
      kind === "code" && found.edges.some((edge) => edge.from === id && edge.to === found.root);
    const nodes = found.nodes.filter(
      ({ kind, id }) => isWhole || id === found.root || (kind !== "code" && kind !== "environment"),
    );
    return {
      nodes: nodes.map((node) => {
        const { page } = namedBy(node.id);
        return {
          id: node.id,
          title: node.kind === "code" ? t("Code snapshot") : node.name,
          subtitle: node.status
            ? node.experiment
            : node.version
              ? `${t(node.kind)} · ${short(node.version)}`
              : t(node.kind),
          icon: ICONS[node.kind] ?? <BoxMultiple20Regular />,
          status: node.status,
          to: node.isDeleted ? undefined : isOwn(node) ? to("jobs", name, "code") : page && to(...page),
          isMain: node.id === found.root,
          isFaint: node.isArchived || node.isDeleted,
        };
      }),
      edges: found.edges.map((edge) => ({ ...edge, label: edge.role })),
    };
  }, [query.data, isWhole, name, t, to]);
  return (
    <Asked of={query}>
      {(found) => (
        <>
          <Toolbar style={{ padding: "4px 24px" }}>
            <Switch
              label={t("Show code and environment")}
              checked={isWhole}
              onChange={(_, { checked }) => setWhole(checked)}
            />
          </Toolbar>
          {found.isCut && (
            <MessageBar intent="warning">{t("There is more than can be drawn; the nearest is shown.")}</MessageBar>
          )}
          {found.nodes.length < 2 ? (
            <Empty
              icon={<BranchFork20Regular />}
              title={t("Nothing is known of where it came from")}
              hint={t("Data, models, code and jobs that it used, and what was made of it, are drawn here.")}
            />
          ) : (
            <div style={{ flex: 1, minHeight: 0 }}>
              <Graph label={t("Lineage")} direction="right" {...drawn} />
            </div>
          )}
        </>
      )}
    </Asked>
  );
}

const short = (version: string) => (version.length > 14 ? `${version.slice(0, 8)}…` : version);
