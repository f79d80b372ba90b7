import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import {
  Background,
  BackgroundVariant,
  Controls,
  type Edge,
  Handle,
  MarkerType,
  MiniMap,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  useReactFlow,
  useStore,
} from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { createContext, useContext, useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { GraphEdge, GraphNode, GraphProps } from "@/parts/graph";
import { NODE, placed } from "@/parts/placed";
import { Status } from "@/parts/said";
import { useAppearance } from "@/shell/theme";

/** So many nodes need a map of the whole. */
const MANY = 24;

const useStyles = makeStyles({
  room: {
    minHeight: 0,
    backgroundColor: tokens.colorNeutralBackground1,
    "--xy-background-color": "transparent",
    "--xy-edge-stroke": tokens.colorNeutralStrokeAccessible,
    "--xy-edge-label-background-color": tokens.colorNeutralBackground1,
    "--xy-edge-label-color": tokens.colorNeutralForeground3,
    "--xy-attribution-background-color": "transparent",
    "--xy-controls-button-background-color": tokens.colorNeutralBackground1,
    "--xy-controls-button-color": tokens.colorNeutralForeground1,
    "--xy-controls-button-background-color-hover": tokens.colorNeutralBackground1Hover,
    "--xy-controls-button-border-color": tokens.colorNeutralStroke2,
    "--xy-minimap-background-color": tokens.colorNeutralBackground2,
    "--xy-minimap-node-background-color": tokens.colorNeutralBackground5,
    "--xy-background-pattern-dots-color": tokens.colorNeutralStroke2,
  },
  node: {
    boxSizing: "border-box",
    width: `${NODE.width}px`,
    height: `${NODE.height}px`,
    padding: "8px 12px",
    display: "grid",
    gridTemplateColumns: "auto minmax(0, 1fr)",
    columnGap: "10px",
    alignItems: "center",
    textAlign: "left",
    font: "inherit",
    color: tokens.colorNeutralForeground1,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusLarge,
    boxShadow: tokens.shadow2,
    ":hover": { border: `1px solid ${tokens.colorNeutralStroke1Hover}`, boxShadow: tokens.shadow8 },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: "1px" },
  },
  // Around what can be neither moved nor selected, React Flow lets the mouse through.
  opens: { pointerEvents: "all", cursor: "pointer", textDecorationLine: "none" },
  main: {
    border: `2px solid ${tokens.colorBrandStroke1}`,
    ":hover": { border: `2px solid ${tokens.colorBrandStroke1}` },
  },
  chosen: { outline: `2px solid ${tokens.colorBrandStroke1}`, outlineOffset: "2px" },
  faint: { opacity: 0.6, border: `1px dashed ${tokens.colorNeutralStroke1}` },
  icon: { fontSize: "20px", display: "grid", color: tokens.colorBrandForeground1 },
  title: {
    fontWeight: tokens.fontWeightSemibold,
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
  },
  second: {
    display: "flex",
    gap: "6px",
    alignItems: "center",
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground3,
    whiteSpace: "nowrap",
    overflow: "hidden",
  },
  said: { overflow: "hidden", textOverflow: "ellipsis" },
  mark: { marginLeft: "auto" },
  handle: { opacity: 0, pointerEvents: "none" },
});

type Drawn = Node<{ node: GraphNode; isDown: boolean }>;
const Picked = createContext<{ selected?: string | null; onSelect?: (id: string | null) => void }>({});

export default function Flow({ label, nodes, edges, direction = "down", height, selected, onSelect }: GraphProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { isDark } = useAppearance();
  const isDown = direction === "down";
  const shape = JSON.stringify([nodes.map(({ id }) => id), edges.map(({ from, to, label }) => [from, to, label])]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a status that changes moves nothing
  const places = useMemo(() => placed(nodes, edges, direction), [shape, direction]);
  const picked = useMemo(() => ({ selected, onSelect }), [selected, onSelect]);
  const drawn = useMemo(
    () =>
      nodes.map((node): Drawn => {
        const position = places.get(node.id) ?? { x: 0, y: 0 };
        return { id: node.id, type: "thing", position, data: { node, isDown }, ...NODE };
      }),
    [nodes, places, isDown],
  );
  const lines = useMemo(() => edges.map(line), [edges]);
  return (
    <Picked value={picked}>
      <section className={styles.room} style={{ height: height ?? "100%" }} aria-label={label}>
        <ReactFlow
          key={shape}
          nodes={drawn}
          edges={lines}
          nodeTypes={KINDS}
          colorMode={isDark ? "dark" : "light"}
          fitView
          fitViewOptions={{ maxZoom: 1, padding: 0.12 }}
          minZoom={0.05}
          maxZoom={2}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          onlyRenderVisibleElements={nodes.length > 200}
          onPaneClick={() => onSelect?.(null)}
          ariaLabelConfig={{
            "controls.zoomIn.ariaLabel": t("Zoom in"),
            "controls.zoomOut.ariaLabel": t("Zoom out"),
            "controls.fitView.ariaLabel": t("Show all"),
          }}
        >
          <Background variant={BackgroundVariant.Dots} gap={20} />
          <Refit />
          <Controls showInteractive={false} />
          {nodes.length > MANY && <MiniMap pannable zoomable ariaLabel={t("Map of the graph")} />}
        </ReactFlow>
      </section>
    </Picked>
  );
}

function line({ from, to, label, isLive, isDashed }: GraphEdge, index: number): Edge {
  return {
    id: String(index),
    source: from,
    target: to,
    label,
    animated: isLive,
    style: isDashed ? { strokeDasharray: "4 4" } : undefined,
    markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16, color: "var(--xy-edge-stroke)" },
    labelBgPadding: [4, 2],
    labelStyle: { fontSize: 11 },
  };
}

/** Shows all again where the room becomes wider or narrower, as a panel opens beside it. */
function Refit() {
  const { fitView } = useReactFlow();
  const width = useStore((state) => state.width);
  useEffect(() => {
    if (width > 0) void fitView({ maxZoom: 1, padding: 0.12, duration: 150 });
  }, [width, fitView]);
  return null;
}

const KINDS = { thing: Thing };

function Thing({ data: { node, isDown } }: NodeProps<Drawn>) {
  const styles = useStyles();
  const { selected, onSelect } = useContext(Picked);
  const place = mergeClasses(
    styles.node,
    (node.to || onSelect) && styles.opens,
    node.isFaint && styles.faint,
    node.isMain && styles.main,
    selected === node.id && styles.chosen,
    "nopan",
  );
  const said = (
    <>
      <span className={styles.icon}>{node.icon}</span>
      <span style={{ minWidth: 0 }}>
        <div className={styles.title} title={node.title}>
          {node.title}
        </div>
        <div className={styles.second}>
          {node.status && <Status of={node.status} why={node.why} />}
          <span className={styles.said}>{node.subtitle}</span>
          {node.mark && <span className={styles.mark}>{node.mark}</span>}
        </div>
      </span>
    </>
  );
  return (
    <>
      <Handle type="target" position={isDown ? Position.Top : Position.Left} className={styles.handle} />
      {onSelect ? (
        <button type="button" className={place} aria-pressed={selected === node.id} onClick={() => onSelect(node.id)}>
          {said}
        </button>
      ) : node.to ? (
        <Link to={node.to} className={place}>
          {said}
        </Link>
      ) : (
        <div className={place}>{said}</div>
      )}
      <Handle type="source" position={isDown ? Position.Bottom : Position.Right} className={styles.handle} />
    </>
  );
}
