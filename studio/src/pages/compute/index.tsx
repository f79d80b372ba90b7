import { Button } from "@fluentui/react-components";
import { Add20Regular, Server20Regular } from "@fluentui/react-icons";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useWorkspace } from "@/api/workspace";
import { Asked } from "@/parts/asked";
import { Page } from "@/parts/page";
import { Empty } from "@/parts/problem";
import { Ago, number, PageLink, Status } from "@/parts/said";
import { type Column, Table } from "@/parts/table";
import { type Compute, useComputes } from "./computes";
import { Nodes } from "./nodes";

const NewCompute = lazy(() => import("./create"));

/** Where jobs run: clusters that grow and shrink, and instances. */
export default function Computes() {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const { to } = useWorkspace();
  const computes = useComputes();
  const [isNew, setNew] = useState(false);
  const create = (
    <Button appearance="primary" icon={<Add20Regular />} onClick={() => setNew(true)}>
      {t("New compute")}
    </Button>
  );
  const columns: Column<Compute>[] = [
    {
      key: "name",
      title: t("Name"),
      width: "minmax(180px, 2fr)",
      cell: ({ name }) => <PageLink to={to("compute", name)}>{name}</PageLink>,
    },
    {
      key: "type",
      title: t("Type"),
      width: "150px",
      cell: ({ isInstance }) => (isInstance ? t("Compute instance") : t("Compute cluster")),
    },
    { key: "state", title: t("State"), width: "140px", cell: ({ state }) => <Status of={state} /> },
    {
      key: "nodes",
      title: t("Nodes"),
      width: "minmax(170px, 1fr)",
      cell: (row) => (row.isInstance ? "–" : <Nodes of={row} />),
    },
    { key: "size", title: t("Size"), width: "minmax(150px, 1fr)", cell: ({ size }) => size },
    {
      key: "price",
      title: t("Price per hour"),
      width: "120px",
      align: "end",
      cell: ({ price }) => (price ? number(price, i18n.language) : "–"),
    },
    { key: "created", title: t("Created"), width: "120px", cell: ({ created }) => <Ago at={created} /> },
  ];
  return (
    <Page title={t("Compute")} actions={create} full>
      <Asked of={computes}>
        {(rows) => (
          <Table
            label={t("Compute")}
            columns={columns}
            rows={rows}
            keyOf={({ name }) => name}
            open={({ name }) => navigate(to("compute", name))}
            empty={
              <Empty
                icon={<Server20Regular fontSize={40} />}
                title={t("Jobs run on this machine already")}
                hint={t(
                  "They need no compute of your own: “local” is always there. A cluster says how many run at once; its nodes come when a job waits, and go when they are idle.",
                )}
              >
                {create}
              </Empty>
            }
          />
        )}
      </Asked>
      <Suspense>{isNew && <NewCompute close={() => setNew(false)} />}</Suspense>
    </Page>
  );
}
