/** Where the nodes of a graph stand, so that edges lead one way and cross little. */
import { Graph as Layered, layout } from "@dagrejs/dagre";
import type { GraphEdge, GraphNode } from "@/parts/graph";

export const NODE = { width: 232, height: 64 };
/** About what a letter of an edge's label takes, and no more than so much of it. */
const LETTER = 6;
const WIDEST_LABEL = 180;

/** The upper left corner of each node. An edge to a node that is not there is left out. */
export function placed(nodes: GraphNode[], edges: GraphEdge[], direction: "down" | "right") {
  const graph = new Layered({ multigraph: true });
  const isDown = direction === "down";
  graph.setGraph({ rankdir: isDown ? "TB" : "LR", nodesep: 28, ranksep: isDown ? 56 : 72, marginx: 16, marginy: 16 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id } of nodes) graph.setNode(id, { ...NODE });
  const known = new Set(nodes.map(({ id }) => id));
  edges.forEach(({ from, to, label = "" }, index) => {
    if (!known.has(from) || !known.has(to)) return;
    const width = isDown ? 0 : Math.min(label.length * LETTER, WIDEST_LABEL);
    graph.setEdge(from, to, { width, height: label ? 16 : 0, labelpos: "c" }, String(index));
  });
  layout(graph);
  return new Map(
    nodes.map(({ id }) => {
      const { x = 0, y = 0 } = graph.node(id) as { x?: number; y?: number };
      return [id, { x: x - NODE.width / 2, y: y - NODE.height / 2 }];
    }),
  );
}
