/** A pipeline as a graph that lives: how each step stands, what leads from one to the other, and each step on a click. */
import {
  Badge,
  Breadcrumb,
  BreadcrumbButton,
  BreadcrumbDivider,
  BreadcrumbItem,
  makeStyles,
  ToggleButton,
  Tooltip,
  tokens,
} from "@fluentui/react-components";
import {
  ArrowEnter20Regular,
  ArrowExit20Regular,
  Branch20Regular,
  Code20Regular,
  Flow20Regular,
  List20Regular,
  SearchSparkle20Regular,
} from "@fluentui/react-icons";
import { useQueryClient } from "@tanstack/react-query";
import { Fragment, type ReactNode, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { follow } from "@/api/events";
import { useGet, useWorkspace } from "@/api/workspace";
import { isOver } from "@/pages/job/job";
import { edgesOf, GIVEN, GIVES, portsOf, type Step, type Told } from "@/pages/pipelines/picture";
import { StepPanel, Took } from "@/pages/pipelines/step";
import { Asked } from "@/parts/asked";
import { Graph, type GraphNode } from "@/parts/graph";
import { Empty } from "@/parts/problem";
import { Ago, Status } from "@/parts/said";
import { type Column, Table } from "@/parts/table";

const useStyles = makeStyles({
  place: { display: "flex", flexDirection: "column", flex: 1, minHeight: 0 },
  bar: {
    display: "flex",
    alignItems: "center",
    gap: "4px",
    padding: "6px 24px",
    minHeight: "32px",
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
  },
  end: { marginLeft: "auto", display: "flex", gap: "4px" },
  room: { display: "flex", flex: 1, minHeight: 0 },
  graph: { flex: 1, minWidth: 0, minHeight: 0, display: "flex", flexDirection: "column" },
});

const PATH = "/jobs/{name}/graph";

/** The graph of a pipeline, read again when something in the workspace changes while it is on its way. */
function usePicture(name: string) {
  const { id } = useWorkspace();
  const queries = useQueryClient();
  const init = useMemo(() => ({ params: { path: { name } } }), [name]);
  const query = useGet<Told>(PATH, init, {
    refetchInterval: ({ state }) => (isOver(state.data?.status) ? false : 5_000),
  });
  const isLive = query.data !== undefined && !isOver(query.data.status);
  useEffect(() => {
    if (!isLive) return;
    const ends = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void queries.invalidateQueries({ queryKey: [id, PATH, init] });
      }, 300);
    };
    void follow(`${id}/events`, look, ends.signal);
    return () => {
      ends.abort();
      clearTimeout(timer);
    };
  }, [isLive, id, init, queries]);
  return query;
}

export default function PipelineGraph({ name }: { name: string }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const [trail, setTrail] = useState([{ job: name, title: name }]);
  const [isList, setList] = useState(false);
  const here = trail.at(-1) ?? { job: name, title: name };
  const open = (step: Step) => setTrail((now) => [...now, { job: step.job, title: step.displayName }]);
  return (
    <div className={styles.place}>
      <div className={styles.bar}>
        {trail.length > 1 && (
          <Breadcrumb size="small" aria-label={t("Pipelines within pipelines")}>
            {trail.map(({ job, title }, index) => (
              <Fragment key={job}>
                {index > 0 && <BreadcrumbDivider />}
                <BreadcrumbItem>
                  <BreadcrumbButton
                    current={index === trail.length - 1}
                    onClick={() => setTrail(trail.slice(0, index + 1))}
                  >
                    {title}
                  </BreadcrumbButton>
                </BreadcrumbItem>
              </Fragment>
            ))}
          </Breadcrumb>
        )}
        <span className={styles.end}>
          <Tooltip content={t("Show as a graph")} relationship="label">
            <ToggleButton
              size="small"
              appearance="subtle"
              icon={<Branch20Regular />}
              checked={!isList}
              onClick={() => setList(false)}
            />
          </Tooltip>
          <Tooltip content={t("Show as a list")} relationship="label">
            <ToggleButton
              size="small"
              appearance="subtle"
              icon={<List20Regular />}
              checked={isList}
              onClick={() => setList(true)}
            />
          </Tooltip>
        </span>
      </div>
      <Picture key={here.job} name={here.job} isList={isList} open={open} />
    </div>
  );
}

function Picture({ name, isList, open }: { name: string; isList: boolean; open: (step: Step) => void }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const query = usePicture(name);
  const [selected, setSelected] = useState<string | null>(null);
  useEffect(() => {
    const pressed = ({ key }: KeyboardEvent) => key === "Escape" && setSelected(null);
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);
  return (
    <Asked of={query}>
      {(told) => {
        const step = told.nodes.find((each) => each.step === selected);
        if (told.nodes.length === 0) return <Empty title={t("This pipeline has no steps")} />;
        return (
          <div className={styles.room}>
            <div className={styles.graph}>
              {isList ? (
                <StepList told={told} />
              ) : (
                <Drawn
                  told={told}
                  selected={selected}
                  select={(id) => setSelected(id === GIVEN || id === GIVES ? null : id)}
                />
              )}
            </div>
            {step && !isList && (
              <StepPanel
                key={step.step}
                step={step}
                wires={told.edges}
                close={() => setSelected(null)}
                open={() => open(step)}
              />
            )}
          </div>
        );
      }}
    </Asked>
  );
}

const ICONS: Record<string, ReactNode> = {
  command: <Code20Regular />,
  sweep: <SearchSparkle20Regular />,
  parallel: <Branch20Regular />,
  pipeline: <Flow20Regular />,
};

function Drawn({
  told,
  selected,
  select,
}: {
  told: Told;
  selected: string | null;
  select: (id: string | null) => void;
}) {
  const { t } = useTranslation();
  const edges = useMemo(() => edgesOf(told), [told]);
  const [given, gives] = [portsOf(told, "from"), portsOf(told, "to")];
  const nodes: GraphNode[] = told.nodes.map((step) => ({
    id: step.step,
    title: step.displayName,
    subtitle: step.reusedJob ? "" : <Took step={step} />,
    icon: ICONS[step.type] ?? ICONS.command,
    status: step.status,
    why: step.error?.message,
    mark: step.reusedJob && (
      <Badge appearance="outline" size="small">
        {t("Reused")}
      </Badge>
    ),
    isFaint: step.status === "NotStarted",
  }));
  if (given.length)
    nodes.unshift({ id: GIVEN, title: t("Inputs"), subtitle: given.join(", "), icon: <ArrowEnter20Regular /> });
  if (gives.length)
    nodes.push({ id: GIVES, title: t("Outputs"), subtitle: gives.join(", "), icon: <ArrowExit20Regular /> });
  const label = t("The steps of {{name}}", { name: told.job });
  return <Graph label={label} nodes={nodes} edges={edges} selected={selected} onSelect={select} />;
}

/** The same as a table, for those who read better than they look. */
function StepList({ told }: { told: Told }) {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const needs = (step: Step) => [
    ...new Set(told.edges.filter((wire) => wire.to === step.step && wire.from).map(({ from }) => from)),
  ];
  const columns: Column<Step>[] = [
    { key: "step", title: t("Step"), cell: (step) => step.displayName, width: "minmax(160px, 2fr)" },
    { key: "type", title: t("Type"), cell: ({ type }) => type, width: "110px" },
    {
      key: "status",
      title: t("Status"),
      cell: ({ status, error }) => <Status of={status} why={error?.message} />,
      width: "150px",
    },
    { key: "reused", title: t("Reused"), cell: ({ reusedJob }) => reusedJob ?? "–", width: "minmax(120px, 1fr)" },
    {
      key: "needs",
      title: t("Reads from"),
      cell: (step) => needs(step).join(", ") || "–",
      width: "minmax(140px, 1fr)",
    },
    { key: "started", title: t("Started"), cell: ({ startTime }) => <Ago at={startTime} />, width: "130px" },
    { key: "took", title: t("Took"), cell: (step) => <Took step={step} />, width: "100px", align: "end" },
  ];
  return (
    <Table
      label={t("The steps of {{name}}", { name: told.job })}
      columns={columns}
      rows={told.nodes}
      keyOf={({ step }) => step}
      open={({ job, status }) => status !== "NotStarted" && navigate(to("jobs", job))}
    />
  );
}
