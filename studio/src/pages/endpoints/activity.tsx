/** Who did what to an endpoint and its deployments, and how it ended. */
import { useTranslation } from "react-i18next";
import { Asked } from "@/parts/asked";
import { Empty } from "@/parts/problem";
import { Ago, Status } from "@/parts/said";
import { type Column, Table } from "@/parts/table";
import { type Collection, type LineageGraph, useLineage } from "./origin";

type Event = LineageGraph["events"][number] & { key: string; what: string };

export default function Activity({ collection, name }: { collection: Collection; name: string }) {
  const { t } = useTranslation();
  const lineage = useLineage(collection, name);
  const words: Record<string, string> = {
    created: t("created"),
    updated: t("changed"),
    deleted: t("deleted"),
    moved: t("moved on"),
  };
  const columns: Column<Event>[] = [
    { key: "at", title: t("When"), width: "150px", cell: ({ at }) => <Ago at={at} /> },
    { key: "by", title: t("Who"), width: "140px", cell: ({ by }) => (by === "lazuli" ? t("The platform") : by) },
    { key: "event", title: t("What"), width: "minmax(160px, 1fr)", cell: ({ event }) => words[event] ?? event },
    { key: "node", title: t("Of"), width: "minmax(160px, 1fr)", cell: ({ what }) => what },
    { key: "to", title: t("Then"), width: "140px", cell: ({ to }) => (to ? <Status of={to} /> : "–") },
  ];
  return (
    <Asked of={lineage}>
      {({ nodes, events }) => {
        const own = new Map(
          nodes
            .filter((node) => node.kind.includes("endpoint") || node.kind.includes("deployment"))
            .map((node) => [node.id, node]),
        );
        const rows = events
          .filter(({ node }) => own.has(node))
          .map((event, index) => ({ ...event, key: `${index}`, what: whatOf(own.get(event.node)) }))
          .toReversed();
        return (
          <div style={{ height: "100%", display: "flex", flexDirection: "column" }}>
            <Table
              label={t("Activity")}
              columns={columns}
              rows={rows}
              keyOf={({ key }) => key}
              empty={<Empty title={t("Nothing happened yet")} />}
            />
          </div>
        );
      }}
    </Asked>
  );
}

function whatOf(node: LineageGraph["nodes"][number] | undefined): string {
  return node?.version ? `${node.name}/${node.version}` : (node?.name ?? "");
}
