import { Badge, Button, Input } from "@fluentui/react-components";
import { Add20Regular, Organization48Regular, Search16Regular } from "@fluentui/react-icons";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { type ListedWorkspace, useWorkspaces } from "@/api/workspaces";
import { Asked } from "@/parts/asked";
import { Page } from "@/parts/page";
import { Empty } from "@/parts/problem";
import { Ago, PageLink } from "@/parts/said";
import { type Column, type Order, Table } from "@/parts/table";

/** All workspaces, and the way to a new one. */
export default function Workspaces() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const workspaces = useWorkspaces();
  const [text, setText] = useState("");
  const [order, setOrder] = useState<Order>({ key: "name", descending: false });
  const create = (
    <Button appearance="primary" icon={<Add20Regular />} onClick={() => navigate("/workspaces/create")}>
      {t("Create workspace")}
    </Button>
  );
  const columns: Column<ListedWorkspace>[] = [
    {
      key: "name",
      title: t("Name"),
      sortable: true,
      width: "minmax(200px, 2fr)",
      cell: (row) => <PageLink to={row.to()}>{row.workspace}</PageLink>,
    },
    {
      key: "display",
      title: t("Display name"),
      width: "minmax(140px, 1fr)",
      cell: ({ resource }) => resource.properties?.friendlyName || "–",
    },
    { key: "group", title: t("Resource group"), sortable: true, width: "minmax(140px, 1fr)", cell: (row) => row.group },
    { key: "location", title: t("Location"), width: "120px", cell: ({ resource }) => resource.location || "–" },
    {
      key: "tags",
      title: t("Tags"),
      width: "minmax(120px, 1fr)",
      cell: ({ resource }) =>
        Object.entries(resource.tags ?? {}).map(([name, value]) => (
          <Badge key={name} appearance="tint" color="informative" style={{ marginRight: 4 }}>
            {value ? `${name}: ${value}` : name}
          </Badge>
        )),
    },
    {
      key: "created",
      title: t("Created"),
      sortable: true,
      width: "140px",
      cell: ({ resource }) => <Ago at={resource.systemData?.createdAt as string} />,
    },
  ];
  return (
    <Page title={t("Workspaces")} actions={create} full>
      <Asked of={workspaces}>
        {(all) => (
          <>
            {all.length > 0 && (
              <Input
                style={{ margin: "12px 24px", maxWidth: 320 }}
                contentBefore={<Search16Regular />}
                placeholder={t("Find by name or tag")}
                aria-label={t("Find by name or tag")}
                value={text}
                onChange={(_, { value }) => setText(value)}
              />
            )}
            <Table
              label={t("Workspaces")}
              columns={columns}
              rows={ordered(
                all.filter((each) => matches(each, text)),
                order,
              )}
              keyOf={(row) => row.id}
              open={(row) => navigate(row.to())}
              order={order}
              onOrder={setOrder}
              empty={
                all.length ? (
                  <Empty title={t("No workspace matches")} />
                ) : (
                  <Empty
                    icon={<Organization48Regular />}
                    title={t("Make your first workspace")}
                    hint={t(
                      "A workspace holds jobs, data, models and endpoints that belong together. Making one takes a second.",
                    )}
                  >
                    {create}
                  </Empty>
                )
              }
            />
          </>
        )}
      </Asked>
    </Page>
  );
}

function matches({ workspace, group, resource }: ListedWorkspace, text: string): boolean {
  const words = [
    workspace,
    group,
    resource.properties?.friendlyName ?? "",
    ...Object.entries(resource.tags ?? {}).flat(),
  ];
  return words.some((word) => String(word).toLowerCase().includes(text.trim().toLowerCase()));
}

function ordered(rows: ListedWorkspace[], { key, descending }: Order): ListedWorkspace[] {
  const said = (row: ListedWorkspace) =>
    key === "group" ? row.group : key === "created" ? String(row.resource.systemData?.createdAt ?? "") : row.workspace;
  return rows.toSorted((one, other) => said(one).localeCompare(said(other)) * (descending ? -1 : 1));
}
