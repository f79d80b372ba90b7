/** What can be done with the jobs that are selected. */
import { Button, makeStyles, Text, Tooltip, tokens } from "@fluentui/react-components";
import {
  Archive20Regular,
  ArrowDownload20Regular,
  ArrowUndo20Regular,
  ColumnDoubleCompare20Regular,
  Delete20Regular,
  Dismiss20Regular,
  DismissCircle20Regular,
} from "@fluentui/react-icons";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { asProblem } from "@/api/problem";
import { useChange, useWorkspace, type Workspace } from "@/api/workspace";
import type { Row } from "@/pages/jobs/rows";
import { Confirm } from "@/parts/confirm";
import { moodOf } from "@/parts/said";
import { useTell } from "@/shell/told";

const useStyles = makeStyles({
  bar: {
    display: "flex",
    alignItems: "center",
    gap: "4px",
    flexWrap: "wrap",
    padding: "2px 8px 2px 12px",
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorBrandBackground2,
    color: tokens.colorNeutralForeground1,
  },
  count: { marginRight: "8px" },
  close: { marginLeft: "auto" },
});

/** Do something with each of many, a few at a time; the first problem of each that failed. */
export async function eachOf<T>(all: T[], act: (one: T) => Promise<unknown>, atOnce = 6): Promise<unknown[]> {
  const problems: unknown[] = [];
  const rest = [...all];
  const work = async () => {
    for (let one = rest.shift(); one !== undefined; one = rest.shift()) {
      try {
        await act(one);
      } catch (problem) {
        problems.push(problem);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, all.length) }, work));
  return problems;
}

type Act = (name: string, workspace: Workspace) => Promise<unknown>;

const cancel: Act = (name, { api }) => api.POST("/jobs/{name}/cancel", { params: { path: { name } } } as never);
const remove: Act = (name, { api }) => api.DELETE("/jobs/{name}", { params: { path: { name } } } as never);
const hide =
  (isArchived: boolean): Act =>
  (name, { api }) =>
    api.PATCH("/jobs/{name}", { params: { path: { name } }, body: { properties: { isArchived } } } as never);

interface Props {
  rows: Row[];
  clear: () => void;
  download: () => void;
}

export function Selection({ rows, clear, download }: Props) {
  const styles = useStyles();
  const { t } = useTranslation();
  const tell = useTell();
  const navigate = useNavigate();
  const { to } = useWorkspace();
  const [isDeleting, setDeleting] = useState(false);
  const change = useChange<{ rows: Row[]; act: Act; done: string }, unknown[]>(
    ({ rows: some, act }, workspace) => eachOf(some, ({ name }) => act(name, workspace)),
    "/job",
  );
  const run = async (some: Row[], act: Act, done: string) => {
    const problems = await change.mutateAsync({ rows: some, act, done });
    const [first] = problems;
    if (first === undefined) tell({ title: done });
    else {
      const problem = asProblem(first);
      const title = t("{{failed}} of {{count}} failed: {{message}}", {
        failed: problems.length,
        count: some.length,
        message: problem.message,
      });
      tell({ title, body: problem.mend, intent: "error" });
    }
    clear();
  };
  const alive = rows.filter(({ status }) => ["running", "waiting"].includes(moodOf(status)));
  const kept = rows.filter(({ archived }) => !archived);
  const compare = `${to("compare")}?runs=${rows.map(({ name }) => encodeURIComponent(name)).join(",")}`;
  return (
    <div className={styles.bar} role="toolbar" aria-label={t("Selected jobs")}>
      <Text weight="semibold" className={styles.count}>
        {t("{{count}} selected", { count: rows.length })}
      </Text>
      <Button
        appearance="transparent"
        icon={<ColumnDoubleCompare20Regular />}
        onClick={() => navigate(compare)}
        disabled={rows.length < 2}
      >
        {t("Compare")}
      </Button>
      <Button
        appearance="transparent"
        icon={<DismissCircle20Regular />}
        disabled={!alive.length || change.isPending}
        onClick={() => run(alive, cancel, t("Being canceled: {{count}}", { count: alive.length }))}
      >
        {t("Cancel jobs")}
      </Button>
      {kept.length > 0 ? (
        <Button
          appearance="transparent"
          icon={<Archive20Regular />}
          disabled={change.isPending}
          onClick={() => run(kept, hide(true), t("Archived: {{count}}", { count: kept.length }))}
        >
          {t("Archive")}
        </Button>
      ) : (
        <Button
          appearance="transparent"
          icon={<ArrowUndo20Regular />}
          disabled={change.isPending}
          onClick={() => run(rows, hide(false), t("Restored: {{count}}", { count: rows.length }))}
        >
          {t("Restore")}
        </Button>
      )}
      <Button appearance="transparent" icon={<ArrowDownload20Regular />} onClick={download}>
        {t("Download CSV")}
      </Button>
      <Button
        appearance="transparent"
        icon={<Delete20Regular />}
        disabled={change.isPending}
        onClick={() => setDeleting(true)}
      >
        {t("Delete")}
      </Button>
      <Tooltip content={t("Clear the selection")} relationship="label">
        <Button className={styles.close} appearance="transparent" icon={<Dismiss20Regular />} onClick={clear} />
      </Tooltip>
      <Confirm
        isOpen={isDeleting}
        close={() => setDeleting(false)}
        verb={t("Delete")}
        title={rows.length === 1 ? t("Delete this job?") : t("Delete {{count}} jobs?", { count: rows.length })}
        act={() => run(rows, remove, t("Deleted: {{count}}", { count: rows.length }))}
      >
        {rows.length === 1 ? rows[0]?.displayName : t("Among them {{names}}.", { names: named(rows) })}{" "}
        {t("Their logs, metrics and outputs go with them. This cannot be undone.")}
        {alive.length > 0 && ` ${t("Not ended yet: {{count}}. Cancel them first.", { count: alive.length })}`}
      </Confirm>
    </div>
  );
}

const named = (rows: Row[]) =>
  rows
    .slice(0, 3)
    .map(({ displayName }) => displayName)
    .join(", ");
