/** Folders and files, opened level by level. */
import {
  makeStyles,
  Tree,
  TreeItem,
  TreeItemLayout,
  type TreeOpenChangeData,
  tokens,
} from "@fluentui/react-components";
import {
  Document20Regular,
  DocumentTable20Regular,
  DocumentText20Regular,
  Folder20Regular,
  FolderOpen20Regular,
  Image20Regular,
} from "@fluentui/react-icons";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { type FileEntry, useTree } from "@/pages/job/files";
import { Asked } from "@/parts/asked";
import { Empty } from "@/parts/problem";
import { size } from "@/parts/said";

const useStyles = makeStyles({
  here: { backgroundColor: tokens.colorNeutralBackground1Selected, fontWeight: tokens.fontWeightSemibold },
  name: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  size: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase100, whiteSpace: "nowrap" },
});

interface Props {
  /** Whose files: the address of a job or a code snapshot. */
  root: string;
  chosen: string | null;
  choose: (path: string) => void;
  /** Opens the first file where none is chosen. */
  isFirstOpened?: boolean;
}

export function FileTree({ root, chosen, choose, isFirstOpened }: Props) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<Set<unknown>>(() => new Set(chosen ? foldersOf(chosen) : []));
  useEffect(() => {
    if (chosen) setOpen((known) => new Set([...known, ...foldersOf(chosen)]));
  }, [chosen]);
  return (
    <Tree
      aria-label={t("Files")}
      size="small"
      openItems={open as never}
      onOpenChange={(_, { openItems }: TreeOpenChangeData) => setOpen(new Set(openItems))}
    >
      <Level root={root} path="" open={open} chosen={chosen} choose={choose} isFirstOpened={isFirstOpened} />
    </Tree>
  );
}

function Level({ root, path, open, chosen, choose, isFirstOpened }: Props & { path: string; open: Set<unknown> }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const query = useTree(root, path);
  const entries = query.data?.value;
  useEffect(() => {
    const first = entries?.find(({ isFolder }) => !isFolder);
    if (isFirstOpened && !chosen && first) choose(first.path);
  }, [entries, isFirstOpened, chosen, choose]);
  return (
    <Asked of={query} lines={3}>
      {({ value }) =>
        value.length === 0 && !path ? (
          <Empty title={t("There are no files")} />
        ) : (
          value.map((entry) => (
            <TreeItem
              key={entry.path}
              value={entry.path}
              itemType={entry.isFolder ? "branch" : "leaf"}
              onClick={() => entry.isFolder || choose(entry.path)}
            >
              <TreeItemLayout
                className={entry.path === chosen ? styles.here : undefined}
                iconBefore={iconOf(entry, open.has(entry.path))}
                aside={entry.isFolder ? undefined : <span className={styles.size}>{size(entry.size)}</span>}
                title={entry.name}
              >
                <div className={styles.name}>{entry.name}</div>
              </TreeItemLayout>
              {entry.isFolder && open.has(entry.path) && (
                <Tree>
                  <Level root={root} path={entry.path} open={open} chosen={chosen} choose={choose} />
                </Tree>
              )}
            </TreeItem>
          ))
        )
      }
    </Asked>
  );
}

/** The folders above a file, the outermost first. */
export function foldersOf(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

function iconOf({ name, isFolder }: FileEntry, isOpen: boolean) {
  if (isFolder) return isOpen ? <FolderOpen20Regular /> : <Folder20Regular />;
  const end = name.split(".").at(-1)?.toLowerCase() ?? "";
  if (/^(png|jpe?g|gif|webp|svg|bmp)$/.test(end)) return <Image20Regular />;
  if (/^(csv|tsv|parquet|json|jsonl)$/.test(end)) return <DocumentTable20Regular />;
  if (/^(txt|log|md|py|ya?ml|sh|r|html?|cfg|toml|ini)$/.test(end)) return <DocumentText20Regular />;
  return <Document20Regular />;
}
