/** What an asset was made from, what was made of it, and who did what when. */
import { MessageBar, makeStyles, Text, tokens } from "@fluentui/react-components";
import {
  BoxMultiple20Regular,
  BranchFork20Regular,
  Code20Regular,
  Cube20Regular,
  DocumentTable20Regular,
  Flash20Regular,
  Folder20Regular,
  Layer20Regular,
  PlugConnected20Regular,
  PuzzlePiece20Regular,
} from "@fluentui/react-icons";
import { type ReactElement, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { placeOf } from "@/api/places";
import { useWorkspace } from "@/api/workspace";
import { storedIn } from "@/pages/assets/paths";
import { addressOf, type Kind, useRead } from "@/pages/assets/reads";
import { Asked } from "@/parts/asked";
import { Graph } from "@/parts/graph";
import { Empty } from "@/parts/problem";
import { Ago, Card, PageLink, Status } from "@/parts/said";

interface Node {
  id: string;
  kind: string;
  name: string;
  version: string;
  status?: string;
  experiment?: string;
  createdAt?: string;
  createdBy?: string;
  isArchived?: boolean;
  isDeleted?: boolean;
}

interface Lineage {
  root: string;
  nodes: Node[];
  edges: { from: string; to: string; role: string }[];
  events: { at: string; by: string; event: string; node: string }[];
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
  "online-deployment": <PlugConnected20Regular />,
  "online-endpoint": <PlugConnected20Regular />,
  "batch-deployment": <PlugConnected20Regular />,
  "batch-endpoint": <PlugConnected20Regular />,
};

const useStyles = makeStyles({
  room: { display: "grid", gridTemplateColumns: "minmax(0, 1fr) 280px", flex: 1, minHeight: 0 },
  side: {
    overflow: "auto",
    padding: "12px 20px",
    borderLeft: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  events: { listStyleType: "none", margin: 0, padding: 0, display: "grid", gap: "12px" },
  quiet: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  uses: { listStyleType: "none", margin: 0, padding: 0, display: "grid", gap: "8px" },
  use: { display: "flex", gap: "8px", alignItems: "center", minWidth: 0 },
});

export function useLineage(kind: Kind, name: string, version: string, direction = "both") {
  return useRead<Lineage>(`${addressOf(kind, name, version)}/lineage?direction=${direction}`);
}

/** The page of a node, where it has one. */
function pageOf(node: Node, to: ReturnType<typeof useWorkspace>["to"]): string | undefined {
  if (node.isDeleted) return undefined;
  if (node.kind === "path") {
    const stored = storedIn(node.id);
    return stored ? `${to("datastores", stored.store)}?path=${encodeURIComponent(stored.path)}` : undefined;
  }
  const within = /Endpoints\/([^/]+)\/deployments\//i.exec(node.id)?.[1];
  const place = placeOf({ ...node, name: within ? node.version || node.name : node.name, within }, to);
  return place ?? undefined;
}

export function LineageTab({ kind, name, version }: { kind: Kind; name: string; version: string }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const query = useLineage(kind, name, version);
  const drawn = useMemo(() => {
    const found = query.data;
    if (!found) return { nodes: [], edges: [] };
    return {
      nodes: found.nodes.map((node) => ({
        id: node.id,
        title: titleOf(node, t("Code snapshot")),
        subtitle: node.status
          ? node.experiment
          : node.version && node.kind !== "code"
            ? `${t(node.kind)} · ${short(node.version)}`
            : t(node.kind),
        icon: ICONS[node.kind] ?? <BoxMultiple20Regular />,
        status: node.status,
        to: pageOf(node, to),
        isMain: node.id === found.root,
        isFaint: node.isArchived || node.isDeleted,
      })),
      edges: found.edges.map((edge) => ({ ...edge, label: edge.role })),
    };
  }, [query.data, t, to]);
  return (
    <Asked of={query}>
      {(found) =>
        found.nodes.length < 2 ? (
          <Empty
            icon={<BranchFork20Regular />}
            title={t("Nothing is known of where it came from")}
            hint={t("Data, models, code and jobs that it used, and what was made of it, are drawn here.")}
          />
        ) : (
          <>
            {found.isCut && (
              <MessageBar intent="warning">{t("There is more than can be drawn; the nearest is shown.")}</MessageBar>
            )}
            <div className={styles.room}>
              <Graph label={t("Lineage")} direction="right" {...drawn} />
              <aside className={styles.side}>
                <Events of={found} />
              </aside>
            </div>
          </>
        )
      }
    </Asked>
  );
}

const short = (version: string) => (version.length > 14 ? `${version.slice(0, 8)}…` : version);

function titleOf({ kind, name, id }: Node, code: string): string {
  if (kind === "code") return code;
  return kind === "path" ? (storedIn(id)?.path.split("/").at(-1) ?? name) : name;
}

function Events({ of }: { of: Lineage }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const names = new Map(of.nodes.map((node) => [node.id, node]));
  return (
    <>
      <Text as="h2" block weight="semibold" style={{ margin: "0 0 12px" }}>
        {t("Who did what")}
      </Text>
      <ul className={styles.events}>
        {of.events.map(({ at, by, event, node }) => {
          const thing = names.get(node);
          return (
            <li key={`${at} ${event} ${node}`}>
              <div>
                {t(event)} · {thing ? `${titleOf(thing, t("Code snapshot"))}` : ""}
              </div>
              <div className={styles.quiet}>
                {by} · <Ago at={at} />
              </div>
            </li>
          );
        })}
      </ul>
    </>
  );
}

/** The jobs and others that were made of it, as links. */
export function UsedBy({ kind, name, version }: { kind: Kind; name: string; version: string }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const query = useLineage(kind, name, version, "down");
  return (
    <Card title={t("Used by")}>
      <Asked of={query} lines={3}>
        {({ nodes, root }) => {
          const uses = nodes.filter(({ id, kind }) => id !== root && kind !== "path" && kind !== "code");
          if (!uses.length) return <Text className={styles.quiet}>{t("Nothing uses it yet.")}</Text>;
          return (
            <ul className={styles.uses}>
              {uses.map((node) => {
                const page = pageOf(node, to);
                const title = node.version ? `${node.name}:${short(node.version)}` : node.name;
                return (
                  <li key={node.id} className={styles.use}>
                    {ICONS[node.kind]}
                    {page ? <PageLink to={page}>{title}</PageLink> : title}
                    <span className={styles.quiet}>{t(node.kind)}</span>
                    {node.status && <Status of={node.status} />}
                  </li>
                );
              })}
            </ul>
          );
        }}
      </Asked>
    </Card>
  );
}
