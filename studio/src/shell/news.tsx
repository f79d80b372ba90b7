/** What happened while one looked elsewhere: work that ended, what failed. */
import { Badge, Button, makeStyles, Tooltip } from "@fluentui/react-components";
import { Alert20Regular } from "@fluentui/react-icons";
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Happening, listen } from "@/api/live";
import { placeOf } from "@/api/places";
import { useWorkspace, type Workspace } from "@/api/workspace";
import { moodOf } from "@/parts/said";
import { useTell } from "@/shell/told";

const NewsList = lazy(() => import("@/shell/newsList"));

const MOST = 30;

/** The word of a noun by its collection, and what stands for it in the list of what pages have read. */
const WORDS: Record<string, string> = {
  jobs: "job",
  onlineEndpoints: "online-endpoint",
  onlineDeployments: "online-deployment",
  batchEndpoints: "batch-endpoint",
  batchDeployments: "batch-deployment",
  computes: "compute",
};

const useStyles = makeStyles({
  bell: { position: "relative" },
  count: { position: "absolute", top: "2px", right: "2px", pointerEvents: "none" },
});

/** Whether a happening is worth telling: work of one's own that came to its end, well or not. */
export function isNews({ kind, parent, status }: Happening): boolean {
  const mood = moodOf(status);
  if (kind === "jobs") return !parent && (mood === "good" || mood === "bad" || status === "Canceled");
  return kind !== "computes" && (mood === "good" || mood === "bad");
}

export function News() {
  const { t } = useTranslation();
  const styles = useStyles();
  const workspace = useWorkspace();
  const [news, unseen, look] = useNews(workspace);
  const [isOpen, setOpen] = useState(false);
  const bell = useRef<HTMLButtonElement>(null);
  const open = () => {
    look();
    setOpen(true);
  };
  return (
    <>
      <Tooltip content={t("Notifications")} relationship="label">
        <Button ref={bell} appearance="subtle" className={styles.bell} icon={<Alert20Regular />} onClick={open}>
          {unseen > 0 && (
            <Badge size="small" color="danger" className={styles.count}>
              {unseen}
            </Badge>
          )}
        </Button>
      </Tooltip>
      <Suspense>{isOpen && <NewsList news={news} target={bell.current} close={() => setOpen(false)} />}</Suspense>
    </>
  );
}

/** The news of a workspace, newest first, how many were not seen yet, and how to have seen them. */
function useNews(workspace: Workspace): [Happening[], number, () => void] {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const tell = useTell();
  const [news, setNews] = useState<Happening[]>([]);
  const [unseen, setUnseen] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: one stream for a workspace, whatever page is open
  useEffect(() => {
    setNews([]);
    setUnseen(0);
    return listen(workspace.id, (happening) => {
      // The overview tells of everything; the lists of pages listen for themselves.
      queries.invalidateQueries({ queryKey: [workspace.id, "/overview"] });
      if (!happening || !isNews(happening)) return;
      setNews((before) => [happening, ...before].slice(0, MOST));
      setUnseen((before) => Math.min(MOST, before + 1));
      const to = addressOf(happening, workspace);
      if (location.pathname.endsWith(to)) return;
      const isBad = moodOf(happening.status) === "bad";
      const title = t("{{name}}: {{status}}", { name: nameOf(happening), status: t(happening.status) });
      tell({ title, to, link: t("Open"), intent: isBad ? "error" : "info" });
    });
  }, [workspace.id]);
  return [news, unseen, () => setUnseen(0)];
}

/** What a happening is about, as one names it. */
export const nameOf = ({ name, deployment }: Happening) => (deployment ? `${name} / ${deployment}` : name);

/** The page of what it is about. */
export function addressOf({ kind, name }: Happening, { to }: Workspace): string {
  return placeOf({ kind: WORDS[kind] ?? kind, name, within: name }, to) ?? to();
}
