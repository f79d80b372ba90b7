/** Components: programs with typed inputs and outputs, which pipelines use as steps. */
import { Input, makeStyles, Text } from "@fluentui/react-components";
import { PuzzlePiece24Regular, Search16Regular } from "@fluentui/react-icons";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useGet, useWorkspace } from "@/api/workspace";
import { Asked } from "@/parts/asked";
import { Page } from "@/parts/page";
import { Empty } from "@/parts/problem";
import { Ago, Code, PageLink } from "@/parts/said";
import { type Column, Table } from "@/parts/table";

interface Listed {
  name: string;
  properties: { description?: string; latestVersion?: string; isArchived?: boolean; tags?: Record<string, string> };
  systemData?: { createdAt?: string; createdBy?: string; lastModifiedAt?: string };
}

const useStyles = makeStyles({ bar: { padding: "12px 24px" }, find: { width: "320px" } });

/** What is said of a component: by its name, or else by its newest version. */
function About({ of: { name, properties } }: { of: Listed }) {
  const version = properties.latestVersion ?? "";
  const newest = useGet<{ properties: { description?: string } }>(
    "/components/{name}/versions/{version}",
    { params: { path: { name, version } } },
    { enabled: !properties.description && version !== "", staleTime: 60_000 },
  );
  return properties.description || newest.data?.properties.description || "–";
}

export default function Components() {
  const { t } = useTranslation();
  const styles = useStyles();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const [words, setWords] = useState("");
  const query = useGet<{ value: Listed[] }>("/components");
  const columns: Column<Listed>[] = [
    {
      key: "name",
      title: t("Name"),
      width: "minmax(200px, 2fr)",
      cell: ({ name }) => <PageLink to={to("components", name)}>{name}</PageLink>,
    },
    {
      key: "version",
      title: t("Newest version"),
      width: "150px",
      cell: ({ properties }) => properties.latestVersion ?? "–",
    },
    {
      key: "about",
      title: t("Description"),
      width: "minmax(200px, 3fr)",
      cell: (row) => <About of={row} />,
    },
    {
      key: "created",
      title: t("Created"),
      width: "140px",
      cell: ({ systemData }) => <Ago at={systemData?.createdAt} />,
    },
    { key: "by", title: t("By"), width: "130px", cell: ({ systemData }) => systemData?.createdBy ?? "–" },
  ];
  const fits = ({ name, properties }: Listed) =>
    name !== "azureml_anonymous" &&
    `${name} ${properties.description ?? ""}`.toLowerCase().includes(words.trim().toLowerCase());
  return (
    <Page title={t("Components")} full>
      <Asked of={query}>
        {({ value }) => (
          <>
            <div className={styles.bar}>
              <Input
                className={styles.find}
                value={words}
                onChange={(_, data) => setWords(data.value)}
                contentBefore={<Search16Regular />}
                placeholder={t("Filter by name or description")}
                aria-label={t("Filter by name or description")}
              />
            </div>
            <Table
              label={t("Components")}
              columns={columns}
              rows={value.filter(fits)}
              keyOf={({ name }) => name}
              open={({ name }) => navigate(to("components", name))}
              empty={
                words ? (
                  <Empty title={t("No component has these words")} />
                ) : (
                  <Empty
                    icon={<PuzzlePiece24Regular />}
                    title={t("No component is here yet")}
                    hint={t(
                      "A component is a program with typed inputs and outputs, kept with its code and environment, that pipelines use as a step.",
                    )}
                  >
                    <Text>{t("Keep one that a YAML file says:")}</Text>
                    <Code text="lazuli component create -f component.yml" />
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
