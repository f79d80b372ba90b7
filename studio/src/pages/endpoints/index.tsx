/** The endpoints of a workspace: those that answer at once, and those that answer with a job. */
import { Button } from "@fluentui/react-components";
import { Add20Regular, BoxMultipleRegular } from "@fluentui/react-icons";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useSearchParams } from "react-router";
import { useGet, useWorkspace } from "@/api/workspace";
import { Asked } from "@/parts/asked";
import { Page } from "@/parts/page";
import { Empty } from "@/parts/problem";
import { Ago, PageLink, Status } from "@/parts/said";
import { type Column, type Order, Table } from "@/parts/table";
import { type BatchEndpoint, type Listed, type OnlineEndpoint, useBatchDeployments, useDeployments } from "./reads";
import { Address, Lately, TrafficBar, useAuthWord } from "./small";

export default function Endpoints() {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const [query] = useSearchParams();
  const tab = query.get("kind") === "batch" ? "batch" : "online";
  return (
    <Page
      title={t("Endpoints")}
      full
      tab={tab}
      tabs={[
        { key: "online", text: t("Real-time"), to: to("endpoints") },
        { key: "batch", text: t("Batch"), to: `${to("endpoints")}?kind=batch` },
      ]}
      actions={
        <Button
          appearance="primary"
          icon={<Add20Regular />}
          onClick={() => navigate(to("endpoints", "new") + (tab === "batch" ? "?kind=batch" : ""))}
        >
          {t("Deploy a model")}
        </Button>
      }
    >
      {tab === "batch" ? <BatchEndpoints /> : <OnlineEndpoints />}
    </Page>
  );
}

function OnlineEndpoints() {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const auth = useAuthWord();
  const listed = useGet<Listed<OnlineEndpoint>>("/onlineEndpoints", {}, { refetchInterval: 10_000 });
  const columns = useMemo<Column<OnlineEndpoint>[]>(
    () => [
      {
        key: "name",
        title: t("Name"),
        width: "minmax(150px, 1fr)",
        sortable: true,
        cell: ({ name }) => <PageLink to={to("endpoints", "online", name)}>{name}</PageLink>,
      },
      {
        key: "state",
        title: t("State"),
        width: "136px",
        cell: (row) => <Status of={row.properties.provisioningState} />,
      },
      {
        key: "traffic",
        title: t("Traffic"),
        width: "minmax(170px, 1fr)",
        cell: (row) => <TrafficBar shares={row.properties.traffic ?? {}} />,
      },
      { key: "deployments", title: t("Deployments"), width: "120px", cell: ({ name }) => <Names of={name} /> },
      { key: "auth", title: t("Opened by"), width: "104px", cell: (row) => auth(row.properties.authMode) },
      { key: "asked", title: t("Last hour"), width: "150px", align: "end", cell: ({ name }) => <Lately name={name} /> },
      {
        key: "uri",
        title: t("Scoring address"),
        width: "minmax(180px, 1.4fr)",
        cell: (row) => <Address of={row.properties.scoringUri} />,
      },
      {
        key: "created",
        title: t("Created"),
        width: "120px",
        sortable: true,
        cell: (row) => <Ago at={row.systemData?.createdAt} />,
      },
    ],
    [t, to, auth],
  );
  return (
    <Asked of={listed}>
      {({ value }) => (
        <Sorted
          label={t("Real-time endpoints")}
          columns={columns}
          rows={value}
          open={({ name }) => navigate(to("endpoints", "online", name))}
          empty={<Nothing kind="online" />}
        />
      )}
    </Asked>
  );
}

function BatchEndpoints() {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const listed = useGet<Listed<BatchEndpoint>>("/batchEndpoints", {}, { refetchInterval: 15_000 });
  const columns = useMemo<Column<BatchEndpoint>[]>(
    () => [
      {
        key: "name",
        title: t("Name"),
        width: "minmax(160px, 1fr)",
        sortable: true,
        cell: ({ name }) => <PageLink to={to("endpoints", "batch", name)}>{name}</PageLink>,
      },
      {
        key: "state",
        title: t("State"),
        width: "130px",
        cell: (row) => <Status of={row.properties.provisioningState} />,
      },
      {
        key: "default",
        title: t("Default deployment"),
        width: "minmax(140px, 1fr)",
        cell: (row) => row.properties.defaults?.deploymentName ?? "–",
      },
      { key: "deployments", title: t("Deployments"), width: "160px", cell: ({ name }) => <Names of={name} isBatch /> },
      {
        key: "uri",
        title: t("Scoring address"),
        width: "minmax(200px, 2fr)",
        cell: (row) => <Address of={row.properties.scoringUri} />,
      },
      {
        key: "created",
        title: t("Created"),
        width: "130px",
        sortable: true,
        cell: (row) => <Ago at={row.systemData?.createdAt} />,
      },
    ],
    [t, to],
  );
  return (
    <Asked of={listed}>
      {({ value }) => (
        <Sorted
          label={t("Batch endpoints")}
          columns={columns}
          rows={value}
          open={({ name }) => navigate(to("endpoints", "batch", name))}
          empty={<Nothing kind="batch" />}
        />
      )}
    </Asked>
  );
}

interface Endpoint {
  name: string;
  systemData?: { createdAt?: string };
}

interface SortedProps<Row> {
  label: string;
  columns: Column<Row>[];
  rows: Row[];
  open: (row: Row) => void;
  empty: React.ReactNode;
}

function Sorted<Row extends Endpoint>({ rows, ...rest }: SortedProps<Row>) {
  const [order, setOrder] = useState<Order>({ key: "created", descending: true });
  const word = (row: Row) => (order.key === "name" ? row.name : (row.systemData?.createdAt ?? ""));
  const sorted = rows.toSorted((one, other) => word(one).localeCompare(word(other)) * (order.descending ? -1 : 1));
  return <Table {...rest} rows={sorted} keyOf={({ name }) => name} order={order} onOrder={setOrder} />;
}

/** The deployments behind an endpoint. */
function Names({ of, isBatch }: { of: string; isBatch?: boolean }) {
  return isBatch ? <BatchNames of={of} /> : <OnlineNames of={of} />;
}

function OnlineNames({ of }: { of: string }) {
  const { data } = useDeployments(of);
  return <Joined names={data?.value.map(({ name }) => name)} />;
}

function BatchNames({ of }: { of: string }) {
  const { data } = useBatchDeployments(of);
  return <Joined names={data?.value.map(({ name }) => name)} />;
}

function Joined({ names }: { names: string[] | undefined }) {
  const text = names?.toSorted().join(", ") || "–";
  return <span title={text}>{text}</span>;
}

function Nothing({ kind }: { kind: "online" | "batch" }) {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const isBatch = kind === "batch";
  return (
    <Empty
      icon={<BoxMultipleRegular />}
      title={isBatch ? t("No batch endpoint yet") : t("No real-time endpoint yet")}
      hint={
        isBatch
          ? t("A batch endpoint is given files and answers with a job that scores them all.")
          : t("A real-time endpoint is an address with keys, where models answer requests at once.")
      }
    >
      <div style={{ display: "flex", gap: 8 }}>
        <Button appearance="primary" onClick={() => navigate(to("endpoints", "new") + (isBatch ? "?kind=batch" : ""))}>
          {t("Deploy a model")}
        </Button>
        <Button onClick={() => navigate(to("models"))}>{t("Look at the models")}</Button>
      </div>
    </Empty>
  );
}
