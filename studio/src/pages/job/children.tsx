/** The jobs that a job has made. */
import { Flash24Regular } from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useGet, useWorkspace } from "@/api/workspace";
import { isOver, useJob } from "@/pages/job/job";
import { Asked } from "@/parts/asked";
import { Empty } from "@/parts/problem";
import { Ago, PageLink, Status, span } from "@/parts/said";
import { type Column, Table } from "@/parts/table";

interface Row {
  name: string;
  displayName: string;
  type: string;
  status: string;
  reason: string | null;
  compute: string | null;
  created: number;
  started: number | null;
  ended: number | null;
}

const MOST = 500;

export default function Children({ name }: { name: string }) {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const { job } = useJob();
  const isLive = !isOver(job.properties.status);
  const query = useGet<{ total: number; rows: Row[] }>(
    "/jobTable",
    { params: { query: { parent: name, limit: MOST } } },
    { refetchInterval: isLive && 5_000 },
  );
  const columns: Column<Row>[] = [
    {
      key: "name",
      title: t("Name"),
      width: "minmax(220px, 2fr)",
      cell: (row) => <PageLink to={to("jobs", row.name)}>{row.displayName || row.name}</PageLink>,
    },
    { key: "status", title: t("Status"), width: "150px", cell: (row) => <Status of={row.status} why={row.reason} /> },
    { key: "type", title: t("Type"), width: "120px", cell: (row) => t(row.type) },
    { key: "compute", title: t("Compute"), width: "140px", cell: (row) => row.compute ?? "–" },
    { key: "created", title: t("Created"), width: "130px", cell: (row) => <Ago at={row.created} /> },
    {
      key: "took",
      title: t("Duration"),
      width: "120px",
      align: "end",
      cell: (row) => span(row.started && row.ended ? row.ended - row.started : null),
    },
  ];
  return (
    <Asked of={query}>
      {({ rows }) => (
        <Table
          label={t("Child jobs")}
          columns={columns}
          rows={rows}
          keyOf={(row) => row.name}
          open={(row) => navigate(to("jobs", row.name))}
          empty={
            <Empty
              icon={<Flash24Regular />}
              title={t("No child jobs yet")}
              hint={t("They appear as this job makes them.")}
            />
          }
        />
      )}
    </Asked>
  );
}
