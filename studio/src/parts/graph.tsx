/** A graph of things and what leads from one to the other; React Flow is loaded only where one is drawn. */
import { lazy, type ReactNode, Suspense } from "react";
import { Loading } from "@/parts/asked";

const Flow = lazy(() => import("@/parts/flow"));

export interface GraphNode {
  id: string;
  title: string;
  /** Under the title: a version, a type, a duration. */
  subtitle?: ReactNode;
  icon?: ReactNode;
  /** A status in the server's word, with `why` on hover. */
  status?: string | null;
  why?: string | null;
  /** At the right of the second line: a mark such as "Reused", a number. */
  mark?: ReactNode;
  /** The address of its page, opened by a click; where the graph has `onSelect`, a click selects instead. */
  to?: string;
  /** The thing that the page is about. */
  isMain?: boolean;
  /** Drawn faintly: archived, deleted, not reached. */
  isFaint?: boolean;
}

export interface GraphEdge {
  from: string;
  to: string;
  label?: string;
  /** Drawn moving: something flows here now. */
  isLive?: boolean;
  isDashed?: boolean;
}

export interface GraphProps {
  /** What it shows, for those who do not see it. */
  label: string;
  nodes: GraphNode[];
  edges: GraphEdge[];
  /** Where the edges lead: down the page (pipelines) or to the right (lineage). */
  direction?: "down" | "right";
  height?: number | string;
  selected?: string | null;
  /** Told the node that was clicked; null where the space between was. */
  onSelect?: (id: string | null) => void;
}

export function Graph(props: GraphProps) {
  return (
    <Suspense fallback={<Loading lines={5} />}>
      <Flow {...props} />
    </Suspense>
  );
}
