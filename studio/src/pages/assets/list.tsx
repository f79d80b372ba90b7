/** A list of named assets with their newest version: the page of data, of models, of environments. */
import { Badge, Input, makeStyles, Switch } from "@fluentui/react-components";
import { Search20Regular } from "@fluentui/react-icons";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useWorkspace } from "@/api/workspace";
import { addressOf, type Kind, type Name, useNames, useRead, type Version } from "@/pages/assets/reads";
import { Asked } from "@/parts/asked";
import { Page } from "@/parts/page";
import { Empty } from "@/parts/problem";
import { Ago, PageLink } from "@/parts/said";
import { type Column, type Order, Table } from "@/parts/table";

const useStyles = makeStyles({
  bar: { display: "flex", gap: "16px", padding: "8px 24px", alignItems: "center" },
  find: { width: "280px" },
  tags: { display: "flex", gap: "4px", overflow: "hidden" },
});

interface Props {
  kind: Kind;
  title: string;
  actions: ReactNode;
  /** Shown where there is nothing yet. */
  empty: ReactNode;
  /** What the table tells of the newest version, beside its tags. */
  columns: { key: string; title: string; width: string; cell: (version: Version) => ReactNode }[];
  tabs?: { key: string; text: string; to: string }[];
  tab?: string;
  only?: (name: Name) => boolean;
  /** Stands in the place of the list. */
  instead?: ReactNode;
}

export function AssetList({ kind, title, actions, empty, columns, tabs, tab, only = isListed, instead }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const [isArchived, setArchived] = useState(false);
  const [find, setFind] = useState("");
  const [order, setOrder] = useState<Order>({ key: "created", descending: true });
  const names = useNames(kind, isArchived ? "ArchivedOnly" : "ActiveOnly");
  const shown: Column<Name>[] = [
    {
      key: "name",
      title: t("Name"),
      width: "minmax(200px, 2fr)",
      sortable: true,
      cell: ({ name }) => (
        <span title={name}>
          <PageLink to={to(kind, name)}>{name}</PageLink>
        </span>
      ),
    },
    { key: "version", title: t("Version"), width: "110px", cell: ({ properties }) => properties.latestVersion ?? "–" },
    ...columns.map(({ key, title, width, cell }) => ({
      key,
      title,
      width,
      cell: (row: Name) => (
        <Newest kind={kind} of={row}>
          {cell}
        </Newest>
      ),
    })),
    {
      key: "tags",
      title: t("Tags"),
      width: "minmax(140px, 1fr)",
      cell: (row) => (
        <Newest kind={kind} of={row}>
          {({ properties }) => <SmallTags of={properties.tags} />}
        </Newest>
      ),
    },
    {
      key: "created",
      title: t("Created"),
      width: "130px",
      sortable: true,
      cell: ({ systemData }) => <Ago at={systemData?.createdAt} />,
    },
  ];
  return (
    <Page title={title} actions={actions} tabs={tabs} tab={tab} full>
      {instead ?? (
        <>
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
            <Switch
              label={t("Show archived")}
              checked={isArchived}
              onChange={(_, { checked }) => setArchived(checked)}
            />
          </div>
          <Asked of={names}>
            {(all) => {
              const own = all.filter(only);
              return (
                <Table
                  label={title}
                  columns={shown}
                  rows={ordered(found(own, find), order)}
                  keyOf={({ name }) => name}
                  open={({ name }) => navigate(to(kind, name))}
                  order={order}
                  onOrder={setOrder}
                  empty={
                    own.length ? (
                      <Empty title={t("Nothing has this in its name")} hint={find} />
                    ) : isArchived ? (
                      <Empty title={t("Nothing is archived")} />
                    ) : (
                      empty
                    )
                  }
                />
              );
            }}
          </Asked>
        </>
      )}
    </Page>
  );
}

/** What others made for their own use, one version of no name each, is not listed. */
export const isListed = ({ name }: Name) => !/^(anonymous-|CliV2Anonymous)/i.test(name);

export function found(names: Name[], text: string): Name[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return names.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
}

export function ordered(names: Name[], { key, descending }: Order): Name[] {
  const of = (each: Name) => (key === "name" ? each.name : (each.systemData?.createdAt ?? ""));
  const sorted = [...names].sort((one, other) => of(one).localeCompare(of(other), undefined, { numeric: true }));
  return descending ? sorted.reverse() : sorted;
}

function Newest({ kind, of, children }: { kind: Kind; of: Name; children: (version: Version) => ReactNode }) {
  const version = of.properties.latestVersion ?? "";
  const query = useRead<Version>(addressOf(kind, of.name, version), { enabled: !!version });
  return <>{query.data ? children(query.data) : query.isError || !version ? "–" : ""}</>;
}

export function SmallTags({ of = {} }: { of?: Record<string, string> }) {
  const styles = useStyles();
  const said = Object.entries(of).map(([tag, value]) => (value ? `${tag}: ${value}` : tag));
  return (
    <span className={styles.tags} title={said.join("\n")}>
      {said.slice(0, 3).map((each) => (
        <Badge key={each} appearance="outline" color="informative">
          {each}
        </Badge>
      ))}
      {said.length > 3 && <Badge appearance="ghost">+{said.length - 3}</Badge>}
    </span>
  );
}
