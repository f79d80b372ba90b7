/** The folders and files of one folder, each opened by a click or Enter. */
import { Button, Text, Tooltip } from "@fluentui/react-components";
import { ArrowDownload16Regular, Document20Regular, Folder20Regular, FolderZip16Regular } from "@fluentui/react-icons";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useWorkspace } from "@/api/workspace";
import { below } from "@/pages/assets/paths";
import { download, downloadFolder } from "@/pages/assets/tickets";
import { Empty } from "@/parts/problem";
import { Ago, size } from "@/parts/said";
import { type Column, Table } from "@/parts/table";
import { useTellProblem } from "@/shell/told";

interface Props {
  folders: string[];
  files: { name: string; size?: number | null; modifiedAt?: number | null }[];
  path: string;
  /** The address of the folder. */
  uri: string;
  isWhole: boolean;
  open: (path: string) => void;
}

interface Entry {
  name: string;
  isFolder: boolean;
  size?: number | null;
  modifiedAt?: number | null;
}

export function Files({ folders, files, path, uri, isWhole, open }: Props) {
  const { t } = useTranslation();
  const { id } = useWorkspace();
  const tellProblem = useTellProblem();
  const rows = useMemo<Entry[]>(
    () => [
      ...folders.map((name) => ({ name, isFolder: true })),
      ...files.map((file) => ({ ...file, isFolder: false })),
    ],
    [folders, files],
  );
  const columns: Column<Entry>[] = [
    {
      key: "name",
      title: t("Name"),
      width: "minmax(240px, 3fr)",
      cell: ({ name, isFolder }) => (
        <span style={{ display: "flex", gap: 8, alignItems: "center" }} title={name}>
          {isFolder ? <Folder20Regular /> : <Document20Regular />}
          <Text truncate wrap={false}>
            {name}
          </Text>
        </span>
      ),
    },
    {
      key: "size",
      title: t("Size"),
      width: "110px",
      align: "end",
      cell: (row) => (row.isFolder ? "" : size(row.size)),
    },
    {
      key: "modified",
      title: t("Modified"),
      width: "140px",
      cell: (row) => (row.modifiedAt ? <Ago at={row.modifiedAt} /> : ""),
    },
    {
      key: "do",
      title: "",
      width: "64px",
      cell: ({ name, isFolder }) => (
        <Tooltip content={isFolder ? t("Download as a zip file") : t("Download")} relationship="label">
          <Button
            size="small"
            appearance="subtle"
            icon={isFolder ? <FolderZip16Regular /> : <ArrowDownload16Regular />}
            onClick={(event) => {
              event.stopPropagation();
              void (isFolder ? downloadFolder : download)(id, below(uri, name)).catch(tellProblem);
            }}
          />
        </Tooltip>
      ),
    },
  ];
  return (
    <>
      <Table
        label={t("Files")}
        columns={columns}
        rows={rows}
        rowHeight={36}
        keyOf={({ name, isFolder }) => (isFolder ? `${name}/` : name)}
        open={({ name }) => open(below(path, name))}
        empty={<Empty icon={<Folder20Regular />} title={t("This folder is empty")} />}
      />
      {!isWhole && (
        <Text italic style={{ padding: "8px 24px" }}>
          {t("There are more files than are shown here.")}
        </Text>
      )}
    </>
  );
}
