/** The experiments: under which names jobs are listed. */
import { Input, makeStyles, tokens } from "@fluentui/react-components";
import { Beaker24Regular, Search16Regular } from "@fluentui/react-icons";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import type { Doc } from "@/api/client";
import { useGet, useWorkspace } from "@/api/workspace";
import { Asked } from "@/parts/asked";
import { Empty } from "@/parts/problem";
import { Ago, PageLink } from "@/parts/said";
import { type Column, type Order, Table } from "@/parts/table";

type Experiment = Doc<"ExperimentRow">;

const useStyles = makeStyles({
  head: { padding: "12px 24px 10px" },
  search: { width: "min(420px, 100%)" },
  table: {
    flex: 1,
    minHeight: 0,
    display: "flex",
    flexDirection: "column",
    borderTop: `1px solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorNeutralBackground1,
  },
});

/** Rows in an order; what has no value stands last. */
export function ordered<Row>(rows: Row[], { key, descending }: Order): Row[] {
  const value = (row: Row) => (row as Record<string, string | number | null>)[key];
  return [...rows].sort((one, other) => {
    const [a, b] = [value(one), value(other)];
    if (a === null || a === undefined) return b === null || b === undefined ? 0 : 1;
    if (b === null || b === undefined) return -1;
    const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
    return descending ? -order : order;
  });
}

export function Experiments() {
  const styles = useStyles();
  const { t, i18n } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const [search, setSearch] = useState("");
  const [order, setOrder] = useState<Order>({ key: "lastJob", descending: true });
  const asked = useGet<Doc<"ExperimentRows">>("/experiments", {}, { refetchInterval: 15_000 });
  const address = (name: string) => `${to("jobs")}?experiment=${encodeURIComponent(name)}`;
  const columns: Column<Experiment>[] = [
    {
      key: "name",
      title: t("Experiment"),
      sortable: true,
      width: "minmax(240px, 2fr)",
      cell: ({ name }) => (
        <span title={name}>
          <PageLink to={address(name)}>{name}</PageLink>
        </span>
      ),
    },
    {
      key: "jobs",
      title: t("Jobs"),
      sortable: true,
      align: "end",
      width: "110px",
      cell: ({ jobs }) => jobs.toLocaleString(i18n.language),
    },
    { key: "lastJob", title: t("Latest job"), sortable: true, cell: ({ lastJob }) => <Ago at={lastJob} /> },
    { key: "created", title: t("Created"), sortable: true, cell: ({ created }) => <Ago at={created} /> },
  ];
  return (
    <Asked of={asked}>
      {({ value }) => (
        <>
          <div className={styles.head}>
            <Input
              className={styles.search}
              contentBefore={<Search16Regular />}
              placeholder={t("Search experiments")}
              aria-label={t("Search experiments")}
              value={search}
              onChange={(_, { value: said }) => setSearch(said)}
            />
          </div>
          <div className={styles.table}>
            <Table
              label={t("Experiments")}
              columns={columns}
              rows={ordered(
                value.filter(({ name }) => name.toLowerCase().includes(search.trim().toLowerCase())),
                order,
              )}
              keyOf={({ name }) => name}
              open={({ name }) => navigate(address(name))}
              order={order}
              onOrder={setOrder}
              empty={
                <Empty
                  icon={<Beaker24Regular />}
                  title={search ? t("No experiment is called that") : t("No experiments yet")}
                  hint={t("Jobs with the same experiment_name are listed under one experiment.")}
                />
              }
            />
          </div>
        </>
      )}
    </Asked>
  );
}
