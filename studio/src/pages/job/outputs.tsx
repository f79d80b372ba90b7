/** What a job said and left: its files at the left, the chosen one at the right. */
import { makeStyles, tokens } from "@fluentui/react-components";
import { DocumentText24Regular } from "@fluentui/react-icons";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { useWorkspace } from "@/api/workspace";
import { jobFiles, useFolder } from "@/pages/job/files";
import { FileView } from "@/pages/job/fileView";
import { isOver, useJob } from "@/pages/job/job";
import { FileTree } from "@/pages/job/tree";
import { Empty } from "@/parts/problem";

const useStyles = makeStyles({
  sides: { flex: 1, minHeight: 0, display: "grid", gridTemplateColumns: "minmax(200px, 300px) minmax(0, 1fr)" },
  tree: { overflow: "auto", borderRight: `1px solid ${tokens.colorNeutralStroke2}`, padding: "8px 0" },
  file: { minWidth: 0, minHeight: 0, display: "flex", flexDirection: "column" },
});

/** How often the list of files is read again while a job writes them. */
const CALM_MS = 5_000;

export default function Outputs({ name }: { name: string }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { id } = useWorkspace();
  const { job } = useJob();
  const queries = useQueryClient();
  const [query, setQuery] = useSearchParams();
  const logs = useFolder(name, "user_logs");
  const isLive = !isOver(job.properties.status);
  const root = jobFiles(name);
  useEffect(() => {
    if (!isLive) return;
    const timer = setInterval(() => void queries.invalidateQueries({ queryKey: [id, root, "files"] }), CALM_MS);
    return () => {
      clearInterval(timer);
      void queries.invalidateQueries({ queryKey: [id, root, "files"] });
    };
  }, [id, root, isLive, queries]);
  const main = logs.data?.value.find((entry) => entry.name === "std_log.txt") ?? logs.data?.value[0];
  const file = query.get("file") ?? main?.path ?? null;
  const at = query.get("at");
  return (
    <div className={styles.sides}>
      <div className={styles.tree}>
        <FileTree root={root} chosen={file} choose={(path) => setQuery({ file: path })} />
      </div>
      <div className={styles.file}>
        {file ? (
          <FileView key={file} name={name} path={file} at={at === null ? null : Number(at)} />
        ) : (
          <Empty
            icon={<DocumentText24Regular />}
            title={isLive ? t("Nothing is written yet") : t("Choose a file")}
            hint={isLive ? t("Logs and files appear here as the job writes them.") : undefined}
          />
        )}
      </div>
    </div>
  );
}
