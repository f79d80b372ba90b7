/** What lies at an address: the first rows of a table, a folder to walk through, a picture, a text. */
import { Button, MessageBar, MessageBarBody, makeStyles, Text, tokens } from "@fluentui/react-components";
import { ArrowDownload20Regular, Document24Regular } from "@fluentui/react-icons";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Doc } from "@/api/client";
import { useWorkspace } from "@/api/workspace";
import { Files } from "@/pages/assets/files";
import { useRead } from "@/pages/assets/reads";
import { download, useTicket } from "@/pages/assets/tickets";
import { Asked } from "@/parts/asked";
import { Empty } from "@/parts/problem";
import { Code, number, size } from "@/parts/said";
import { type Column, Table } from "@/parts/table";
import { useTellProblem } from "@/shell/told";

export type Preview = Doc<"Preview">;

const useStyles = makeStyles({
  bar: {
    display: "flex",
    gap: "12px",
    padding: "6px 24px",
    alignItems: "center",
    minHeight: "32px",
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    color: tokens.colorNeutralForeground3,
  },
  end: { marginLeft: "auto" },
  room: { flex: 1, minHeight: 0, overflow: "auto", padding: "16px 24px" },
  picture: {
    flex: 1,
    minHeight: 0,
    overflow: "auto",
    display: "grid",
    placeItems: "center",
    padding: "16px",
    "& img": { maxWidth: "100%", maxHeight: "100%", objectFit: "contain" },
  },
  kind: { color: tokens.colorNeutralForeground3, fontWeight: tokens.fontWeightRegular, marginLeft: "6px" },
  none: { color: tokens.colorNeutralForeground4, fontStyle: "italic" },
});

const ROWS = 1000;

/**
 * `root` is what is asked (`/data/NAME/versions/1`, `/datastores/NAME`), `path` what lies below it, `uri` the address
 * of that for downloads. A folder's entries are opened by `open`.
 */
export function Look(props: { root: string; path: string; uri: string; open: (path: string) => void }) {
  const { root, path } = props;
  const query = useRead<Preview>(`${root}/preview?rows=${ROWS}&path=${encodeURIComponent(path)}`);
  return <Asked of={query}>{(found) => <Seen {...props} found={found} />}</Asked>;
}

function Seen({ path, uri, open, found }: { path: string; uri: string; open: (path: string) => void; found: Preview }) {
  const styles = useStyles();
  const { t, i18n } = useTranslation();
  const { id } = useWorkspace();
  const tellProblem = useTellProblem();
  const take = () => void download(id, uri).catch(tellProblem);
  if (found.kind === "folder")
    return (
      <Files folders={found.folders} files={found.files} path={path} open={open} isWhole={!found.next} uri={uri} />
    );
  const rows =
    found.kind === "table"
      ? found.rows.length < (found.totalRows ?? found.rows.length)
        ? t(found.isEstimate ? "The first {{some}} of about {{all}} rows" : "The first {{some}} of {{all}} rows", {
            some: number(found.rows.length, i18n.language),
            all: number(found.totalRows, i18n.language),
          })
        : t("{{some}} rows", { some: number(found.rows.length, i18n.language) })
      : null;
  return (
    <>
      <div className={styles.bar}>
        <Text truncate wrap={false} title={found.name ?? ""}>
          {[
            found.name,
            found.size === null ? null : size(found.size),
            rows,
            found.kind === "table" ? t("{{some}} columns", { some: found.totalColumns }) : null,
          ]
            .filter(Boolean)
            .join(" · ")}
        </Text>
        {found.name && (
          <Button
            className={styles.end}
            size="small"
            appearance="subtle"
            icon={<ArrowDownload20Regular />}
            onClick={take}
          >
            {t("Download")}
          </Button>
        )}
      </div>
      {found.notes.map((note) => (
        <MessageBar key={note} intent="info">
          <MessageBarBody>{note}</MessageBarBody>
        </MessageBar>
      ))}
      {found.kind === "table" ? (
        <Rows of={found} />
      ) : found.kind === "image" ? (
        <Picture uri={uri} name={found.name ?? ""} />
      ) : found.kind === "text" ? (
        <div className={styles.room}>
          <Code text={found.text ?? ""} />
          {found.nextOffset !== null && (
            <Text block italic style={{ marginTop: 8 }}>
              {t("Only the beginning is shown. Download the file to see all.")}
            </Text>
          )}
        </div>
      ) : (
        <Empty
          icon={<Document24Regular />}
          title={t("This file is not shown here")}
          hint={t("Its contents are no text. Download it to open it.")}
        >
          <Button icon={<ArrowDownload20Regular />} onClick={take}>
            {t("Download")}
          </Button>
        </Empty>
      )}
    </>
  );
}

function Picture({ uri, name }: { uri: string; name: string }) {
  const ticket = useTicket(uri);
  const styles = useStyles();
  return (
    <Asked of={ticket}>
      {({ url }) => (
        <div className={styles.picture}>
          <img src={url} alt={name} />
        </div>
      )}
    </Asked>
  );
}

interface Row {
  index: number;
  cells: unknown[];
}

function Rows({ of }: { of: Preview }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const columns = useMemo(
    () => [
      { key: "#", title: "#", width: "64px", align: "end" as const, cell: (row: Row) => row.index + 1 },
      ...of.columns.map(
        ({ name, type, kind }, at): Column<Row> => ({
          key: String(at),
          title: (
            <span title={`${name} (${type ?? t(kind)})`}>
              {name}
              <span className={styles.kind}>{type ?? t(kind)}</span>
            </span>
          ),
          width: "minmax(140px, 240px)",
          align: kind === "number" || kind === "integer" ? "end" : "start",
          cell: ({ cells }) => {
            const value = cells[at];
            if (value === null || value === undefined) return <span className={styles.none}>–</span>;
            const said = typeof value === "object" ? JSON.stringify(value) : String(value);
            return <span title={said}>{said}</span>;
          },
        }),
      ),
    ],
    [of, t, styles],
  );
  const rows = useMemo(() => of.rows.map((cells, index) => ({ index, cells: cells as unknown[] })), [of]);
  return (
    <Table
      label={t("Rows")}
      columns={columns}
      rows={rows}
      rowHeight={30}
      keyOf={({ index }) => String(index)}
      empty={<Empty title={t("The file has no rows")} />}
    />
  );
}
