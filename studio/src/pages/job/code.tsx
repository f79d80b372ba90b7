/** The code a job was run from, as it was then. */
import { makeStyles, tokens } from "@fluentui/react-components";
import { Code24Regular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { useWorkspace } from "@/api/workspace";
import { readPiece } from "@/pages/job/files";
import { useJob } from "@/pages/job/job";
import { FileTree } from "@/pages/job/tree";
import { Asked } from "@/parts/asked";
import { Editor } from "@/parts/editor";
import { Empty } from "@/parts/problem";

const useStyles = makeStyles({
  sides: { flex: 1, minHeight: 0, display: "grid", gridTemplateColumns: "minmax(200px, 280px) minmax(0, 1fr)" },
  tree: { overflow: "auto", borderRight: `1px solid ${tokens.colorNeutralStroke2}` },
  text: { minWidth: 0, minHeight: 0, display: "flex", flexDirection: "column" },
});

const MOST = 1 << 20;
const LANGUAGES: Record<string, string> = {
  py: "python",
  yml: "yaml",
  yaml: "yaml",
  sh: "shell",
  bash: "shell",
  r: "r",
  dockerfile: "dockerfile",
};

export function languageOf(path: string): string {
  const name = path.split("/").at(-1)?.toLowerCase() ?? "";
  return LANGUAGES[name.split(".").at(-1) ?? ""] ?? "plaintext";
}

export default function CodeTab() {
  const styles = useStyles();
  const { t } = useTranslation();
  const { job } = useJob();
  const [query, setQuery] = useSearchParams();
  const address = job.properties.codeId ?? job.properties.trial?.codeId ?? "";
  const [, name = "", version = ""] = /\/codes\/([^/]+)\/versions\/([^/]+)$/.exec(address) ?? [];
  const file = query.get("file");
  if (!name)
    return (
      <Empty
        icon={<Code24Regular />}
        title={t("This job has no code folder")}
        hint={t("Its command runs in an empty folder.")}
      />
    );
  const root = `/codes/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}`;
  return (
    <div className={styles.sides}>
      <div className={styles.tree}>
        <FileTree
          root={root}
          chosen={file}
          choose={(path) => setQuery({ file: path }, { replace: true })}
          isFirstOpened
        />
      </div>
      <div className={styles.text}>
        {file ? (
          <CodeText key={file} root={root} path={file} />
        ) : (
          <Empty
            icon={<Code24Regular />}
            title={t("Choose a file")}
            hint={t("This is the code as it was when the job was submitted.")}
          />
        )}
      </div>
    </div>
  );
}

function CodeText({ root, path }: { root: string; path: string }) {
  const { id } = useWorkspace();
  const query = useQuery({
    queryKey: [id, root, "text", path],
    queryFn: ({ signal }) => readPiece(id, root, path, 0, MOST, signal),
  });
  return (
    <Asked of={query}>{({ text }) => <Editor value={text} language={languageOf(path)} readOnly label={path} />}</Asked>
  );
}
