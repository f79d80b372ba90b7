/** A step of a pipeline beside the graph: how it stands, what it measured, what it says, what it reads and writes. */
import { Button, MessageBar, MessageBarBody, makeStyles, Text, Tooltip, tokens } from "@fluentui/react-components";
import { Dismiss20Regular, Open16Regular, ZoomIn16Regular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useWorkspace } from "@/api/workspace";
import { useSummaries } from "@/pages/job/curves";
import { jobFiles, readPiece, useFolder } from "@/pages/job/files";
import { isOver } from "@/pages/job/job";
import { type Step, tookOf, type Wire } from "@/pages/pipelines/picture";
import { Ago, Facts, number, PageLink, Status, span, useTick } from "@/parts/said";

const useStyles = makeStyles({
  panel: {
    width: "min(400px, 45%)",
    flexShrink: 0,
    overflowY: "auto",
    padding: "12px 16px 24px",
    borderLeft: `1px solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorNeutralBackground1,
    display: "flex",
    flexDirection: "column",
    gap: "16px",
  },
  head: { display: "flex", alignItems: "center", gap: "8px" },
  title: { margin: 0, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap", flex: 1, minWidth: 0 },
  log: {
    margin: 0,
    padding: "8px 10px",
    maxHeight: "260px",
    overflow: "auto",
    whiteSpace: "pre-wrap",
    overflowWrap: "anywhere",
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    lineHeight: "1.5",
    backgroundColor: tokens.colorNeutralBackground3,
    borderRadius: tokens.borderRadiusMedium,
  },
  part: { display: "grid", gap: "6px" },
  line: { display: "flex", gap: "8px", flexWrap: "wrap" },
  numbers: { fontVariantNumeric: "tabular-nums" },
});

interface Props {
  step: Step;
  wires: Wire[];
  close: () => void;
  open: () => void;
}

export function StepPanel({ step, wires, close, open }: Props) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const isThere = step.status !== "NotStarted";
  const shown = step.reusedJob ?? step.job;
  const [reads, writes] = [
    wires.filter((wire) => wire.to === step.step),
    wires.filter((wire) => wire.from === step.step),
  ];
  const [, component = "", version = ""] =
    /^azureml:(?!azureml_anonymous:)([^:@]+)[:@](.+)$/.exec(step.component ?? "") ?? [];
  return (
    <aside className={styles.panel} aria-label={t("The step {{name}}", { name: step.displayName })}>
      <div className={styles.head}>
        <Text as="h2" size={500} weight="semibold" className={styles.title} title={step.displayName}>
          {step.displayName}
        </Text>
        <Status of={step.status} />
        <Tooltip content={t("Close")} relationship="label">
          <Button appearance="subtle" icon={<Dismiss20Regular />} onClick={close} />
        </Tooltip>
      </div>
      {isThere && (
        <div className={styles.line}>
          <Button
            size="small"
            appearance="primary"
            icon={<Open16Regular />}
            onClick={() => navigate(to("jobs", step.job))}
          >
            {t("Open its job")}
          </Button>
          {step.type === "pipeline" && (
            <Button size="small" icon={<ZoomIn16Regular />} onClick={open}>
              {t("Open its graph")}
            </Button>
          )}
        </div>
      )}
      {step.error?.message && (
        <MessageBar intent="error" layout="multiline">
          <MessageBarBody>{step.error.message}</MessageBarBody>
        </MessageBar>
      )}
      <Facts
        of={[
          [t("Type"), step.type],
          [
            t("Component"),
            component && <PageLink to={to("components", component, version)}>{`${component}:${version}`}</PageLink>,
          ],
          [t("Reused"), step.reusedJob && <PageLink to={to("jobs", step.reusedJob)}>{step.reusedJob}</PageLink>],
          [t("Started"), step.startTime && <Ago at={step.startTime} />],
          [t("Took"), step.startTime && !step.reusedJob && <Took key="took" step={step} />],
        ]}
      />
      <Wires
        title={t("Reads")}
        wires={reads.map(({ from, output, input }) => [input, [from || t("Inputs"), output].filter(Boolean).join(".")])}
      />
      <Wires
        title={t("Writes")}
        wires={writes.map(({ to: next, output, input }) => [
          output,
          [next || t("Outputs"), input].filter(Boolean).join("."),
        ])}
      />
      {isThere && <Metrics job={shown} />}
      {(step.startTime || step.reusedJob) && step.type !== "pipeline" && (
        <Tail job={shown} isLive={!isOver(step.status)} />
      )}
    </aside>
  );
}

/** How long a step took, or takes by now. */
export function Took({ step }: { step: Step }) {
  useTick(step.startTime && !step.endTime ? 1000 : null);
  return <>{span(tookOf(step))}</>;
}

function Wires({ title, wires }: { title: string; wires: [string, string][] }) {
  const styles = useStyles();
  if (wires.length === 0) return null;
  return (
    <div className={styles.part}>
      <Text weight="semibold">{title}</Text>
      <Facts of={wires.map(([own, other]) => [own || "–", other])} />
    </div>
  );
}

const MOST_METRICS = 12;

function Metrics({ job }: { job: string }) {
  const styles = useStyles();
  const { t, i18n } = useTranslation();
  const { data = [] } = useSummaries(job);
  if (data.length === 0) return null;
  return (
    <div className={styles.part}>
      <Text weight="semibold">{t("Metrics")}</Text>
      <div className={styles.numbers}>
        <Facts of={data.slice(0, MOST_METRICS).map(({ key, last }) => [key, number(Number(last), i18n.language)])} />
      </div>
    </div>
  );
}

const TAIL = 6_000;

/** The end of what the step's log says. */
function Tail({ job, isLive }: { job: string; isLive: boolean }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { id } = useWorkspace();
  const folder = useFolder(job, "user_logs");
  const file = (folder.data?.value ?? []).find(({ isFolder }) => !isFolder);
  const { data } = useQuery({
    queryKey: [id, "tail of", job, file?.path],
    enabled: file !== undefined,
    refetchInterval: isLive ? 5_000 : false,
    queryFn: async ({ signal }) => {
      const path = file?.path ?? "";
      const { size } = await readPiece(id, jobFiles(job), path, 0, 1, signal); // it may have grown since it was listed
      return readPiece(id, jobFiles(job), path, Math.max(0, size - TAIL), TAIL, signal);
    },
  });
  const text = data?.text.trimEnd();
  if (!text) return null;
  return (
    <div className={styles.part}>
      <Text weight="semibold">{t("The end of its log")}</Text>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by the keyboard */}
      <pre className={styles.log} tabIndex={0}>
        {text}
      </pre>
    </div>
  );
}
