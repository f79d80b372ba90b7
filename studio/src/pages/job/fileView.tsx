/** A file as fits its kind: a picture, a table, a page, a text; of others what is known, and the way to take it along. */
import { Button, MessageBar, makeStyles, tokens } from "@fluentui/react-components";
import { ArrowDownload20Regular, Document24Regular } from "@fluentui/react-icons";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "@/api/problem";
import { useWorkspace } from "@/api/workspace";
import { tableOf } from "@/pages/job/csv";
import { download, jobFiles, readPiece, useTicket } from "@/pages/job/files";
import { isOver, useJob } from "@/pages/job/job";
import { JsonView } from "@/pages/job/jsonView";
import { LogView } from "@/pages/job/log";
import { Asked } from "@/parts/asked";
import { Empty } from "@/parts/problem";
import { type Column, Table } from "@/parts/table";
import { useTellProblem } from "@/shell/told";

const useStyles = makeStyles({
  bar: {
    display: "flex",
    gap: "8px",
    padding: "6px 12px",
    alignItems: "center",
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  name: {
    flex: 1,
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
    fontWeight: tokens.fontWeightSemibold,
  },
  picture: {
    flex: 1,
    minHeight: 0,
    overflow: "auto",
    display: "grid",
    placeItems: "center",
    padding: "16px",
    "& img": { maxWidth: "100%", maxHeight: "100%", objectFit: "contain" },
  },
  page: { flex: 1, border: "none", backgroundColor: tokens.colorNeutralForegroundStaticInverted, colorScheme: "light" },
  json: { flex: 1, minHeight: 0, overflow: "auto", padding: "12px 16px" },
});

type Kind = "picture" | "page" | "pdf" | "table" | "json" | "text" | "other";

const BINARY =
  /\.(pkl|pickle|joblib|pt|pth|ckpt|bin|onnx|h5|hdf5|npy|npz|parquet|feather|arrow|zip|gz|tgz|tar|bz2|xz|7z|whl|so|skops|safetensors|cbm|ubj|db|sqlite|mp4|mp3|wav|avi|tfrecord|msgpack)$/i;

export function kindOf(path: string): Kind {
  if (/\.(png|jpe?g|gif|webp|svg|bmp|avif)$/i.test(path)) return "picture";
  if (/\.(html?|xhtml)$/i.test(path)) return "page";
  if (/\.pdf$/i.test(path)) return "pdf";
  if (/\.(csv|tsv)$/i.test(path)) return "table";
  if (/\.json$/i.test(path)) return "json";
  return BINARY.test(path) ? "other" : "text";
}

/** A table or JSON file that is longer is shown as text. */
const MOST = 1 << 20;

export function FileView({ name, path, at }: { name: string; path: string; at: number | null }) {
  const { t } = useTranslation();
  const { id } = useWorkspace();
  const tellProblem = useTellProblem();
  const kind = kindOf(path);
  const take = () => void download(id, name, path).catch(tellProblem);
  if (kind === "picture" || kind === "page" || kind === "pdf")
    return (
      <WithBar path={path} take={take}>
        <Shown name={name} path={path} kind={kind} />
      </WithBar>
    );
  if (kind === "other")
    return (
      <WithBar path={path} take={take}>
        <Empty
          icon={<Document24Regular />}
          title={t("This file is not shown here")}
          hint={t("Its contents are no text. Download it to open it.")}
        >
          <Button icon={<ArrowDownload20Regular />} onClick={take}>
            {t("Download")}
          </Button>
        </Empty>
      </WithBar>
    );
  if ((kind === "table" || kind === "json") && at === null)
    return <Small name={name} path={path} kind={kind} take={take} />;
  return <Growing name={name} path={path} at={at} take={take} />;
}

function WithBar({
  path,
  take,
  more,
  children,
}: {
  path: string;
  take: () => void;
  more?: React.ReactNode;
  children: React.ReactNode;
}) {
  const styles = useStyles();
  const { t } = useTranslation();
  return (
    <>
      <div className={styles.bar}>
        <span className={styles.name} title={path}>
          {path}
        </span>
        {more}
        <Button size="small" appearance="subtle" icon={<ArrowDownload20Regular />} onClick={take}>
          {t("Download")}
        </Button>
      </div>
      {children}
    </>
  );
}

function Shown({ name, path, kind }: { name: string; path: string; kind: "picture" | "page" | "pdf" }) {
  const styles = useStyles();
  const ticket = useTicket(name, path);
  return (
    <Asked of={ticket}>
      {({ url, mediaType }) =>
        kind === "pdf" && mediaType === "application/pdf" ? (
          <iframe className={styles.page} src={url} title={path} referrerPolicy="no-referrer" />
        ) : kind === "picture" ? (
          <div className={styles.picture}>
            <img src={url} alt={path} />
          </div>
        ) : (
          <iframe className={styles.page} src={url} title={path} sandbox="allow-scripts" referrerPolicy="no-referrer" />
        )
      }
    </Asked>
  );
}

function Small({ name, path, kind, take }: { name: string; path: string; kind: "table" | "json"; take: () => void }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { id } = useWorkspace();
  const [isRaw, setRaw] = useState(false);
  const root = jobFiles(name);
  const query = useQuery({
    queryKey: [id, root, "text", path],
    queryFn: ({ signal }) => readPiece(id, root, path, 0, MOST, signal),
  });
  if (isRaw || (kind === "json" && query.data && query.data.size > query.data.next))
    return <Growing name={name} path={path} at={null} take={take} />;
  const raw = (
    <Button size="small" appearance="subtle" onClick={() => setRaw(true)}>
      {t("As text")}
    </Button>
  );
  return (
    <WithBar path={path} take={take} more={raw}>
      <Asked of={query}>
        {({ text, next, size }) =>
          kind === "json" ? (
            <div className={styles.json}>
              <JsonView text={text} />
            </div>
          ) : (
            <>
              {next < size && (
                <MessageBar intent="info">{t("Only the first megabyte is shown as a table.")}</MessageBar>
              )}
              <CsvTable text={text} separator={/\.tsv$/i.test(path) ? "\t" : ","} isCut={next < size} />
            </>
          )
        }
      </Asked>
    </WithBar>
  );
}

interface Row {
  index: number;
  cells: string[];
}

function CsvTable({ text, separator, isCut }: { text: string; separator: string; isCut: boolean }) {
  const { t } = useTranslation();
  const { columns, rows } = useMemo(() => {
    const { head, rows, areNumbers } = tableOf(text, separator, isCut);
    const columns = head.map(
      (title, at): Column<Row> => ({
        key: String(at),
        title,
        width: "minmax(110px, 240px)",
        align: areNumbers[at] ? "end" : "start",
        cell: (row) => row.cells[at] ?? "",
      }),
    );
    return { columns, rows: rows.map((cells, index) => ({ index, cells })) };
  }, [text, separator, isCut]);
  return (
    <Table
      label={t("Rows of the file")}
      columns={columns}
      rows={rows}
      rowHeight={30}
      keyOf={(row) => String(row.index)}
      empty={<Empty title={t("The file has no rows")} />}
    />
  );
}

/** How often at most the end of a growing log is read. */
const CALM_MS = 400;
const SLOW_MS = 5_000;

/** A text, as long as it is by now. */
function Growing({ name, path, at, take }: { name: string; path: string; at: number | null; take: () => void }) {
  const { t } = useTranslation();
  const { id } = useWorkspace();
  const { job } = useJob();
  const root = jobFiles(name);
  const isLive = !isOver(job.properties.status);
  const query = useQuery({
    queryKey: [id, root, "size", path, isLive],
    queryFn: ({ signal }) => readPiece(id, root, path, 0, 1, signal),
    refetchInterval: isLive ? SLOW_MS : false,
    placeholderData: keepPreviousData,
  });
  const told = useTail(name, path, query.data?.size, isLive);
  if (query.isError && isLive && asProblem(query.error).status === 404)
    return (
      <Empty
        icon={<Document24Regular />}
        title={t("Nothing is written yet")}
        hint={t("Logs and files appear here as the job writes them.")}
      />
    );
  return (
    <Asked of={query}>
      {({ size }) => (
        <LogView root={root} path={path} size={Math.max(size, told)} isLive={isLive} at={at} download={take} />
      )}
    </Asked>
  );
}

/** How long the main log is by now, told by the server as it grows. */
function useTail(name: string, path: string, from: number | undefined, isLive: boolean): number {
  const { id } = useWorkspace();
  const [size, setSize] = useState(0);
  const isKnown = from !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: where it begins to listen does not change with what it hears
  useEffect(() => {
    if (!isLive || !isKnown) return;
    const ending = new AbortController();
    let newest = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const address = `${id}/jobs/${encodeURIComponent(name)}/events?after=${from}`;
    void import("@/api/events").then(({ follow }) =>
      follow(
        address,
        ({ event, data, id: end }) => {
          if (event !== "log" || (data as { file: string }).file !== path) return;
          newest = Math.max(newest, Number(end));
          timer ??= setTimeout(() => {
            timer = undefined;
            setSize(newest);
          }, CALM_MS);
        },
        ending.signal,
      ),
    );
    return () => {
      ending.abort();
      clearTimeout(timer);
    };
  }, [id, name, path, isLive, isKnown]);
  return size;
}
