import { Badge, Button, Input, makeStyles } from "@fluentui/react-components";
import { Add20Regular, Database24Regular, Search20Regular } from "@fluentui/react-icons";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useWorkspace } from "@/api/workspace";
import { placeOf, type Store, useStores, wordOf } from "@/pages/datastores/stores";
import { Asked } from "@/parts/asked";
import { Page } from "@/parts/page";
import { Empty } from "@/parts/problem";
import { Ago, PageLink } from "@/parts/said";
import { type Column, Table } from "@/parts/table";

const NewStore = lazy(() => import("./create"));

const useStyles = makeStyles({
  bar: { padding: "8px 24px" },
  find: { width: "280px" },
  name: { display: "flex", gap: "8px", alignItems: "center" },
});

/** The places where the files of a workspace lie. */
export default function Datastores() {
  const styles = useStyles();
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const [find, setFind] = useState("");
  const [isNew, setNew] = useState(false);
  const stores = useStores();
  const columns: Column<Store>[] = [
    {
      key: "name",
      title: t("Name"),
      width: "minmax(220px, 2fr)",
      cell: ({ name, properties }) => (
        <span className={styles.name}>
          <PageLink to={to("datastores", name)}>{name}</PageLink>
          {properties.isDefault && <Badge appearance="tint">{t("Default")}</Badge>}
        </span>
      ),
    },
    { key: "type", title: t("Type"), width: "180px", cell: ({ properties }) => t(wordOf(properties.datastoreType)) },
    {
      key: "place",
      title: t("Place"),
      width: "minmax(200px, 2fr)",
      cell: (row) => <span title={placeOf(row)}>{placeOf(row)}</span>,
    },
    {
      key: "created",
      title: t("Created"),
      width: "140px",
      cell: ({ systemData }) => <Ago at={systemData?.createdAt} />,
    },
  ];
  return (
    <Page
      title={t("Datastores")}
      actions={
        <Button appearance="primary" icon={<Add20Regular />} onClick={() => setNew(true)}>
          {t("New datastore")}
        </Button>
      }
      full
    >
      <div className={styles.bar}>
        <Input
          className={styles.find}
          type="search"
          contentBefore={<Search20Regular />}
          placeholder={t("Find by name")}
          aria-label={t("Find by name")}
          value={find}
          onChange={(_, { value }) => setFind(value)}
        />
      </div>
      <Asked of={stores}>
        {(all) => (
          <Table
            label={t("Datastores")}
            columns={columns}
            rows={all.filter(({ name }) => name.toLowerCase().includes(find.toLowerCase()))}
            keyOf={({ name }) => name}
            open={({ name }) => navigate(to("datastores", name))}
            empty={<Empty icon={<Database24Regular />} title={t("Nothing has this in its name")} hint={find} />}
          />
        )}
      </Asked>
      <Suspense>{isNew && <NewStore close={() => setNew(false)} />}</Suspense>
    </Page>
  );
}
