/** A job: how it fares, what it measured, said and left, and what one can do with it. */
import { Badge, Button, Text } from "@fluentui/react-components";
import { ArrowLeft16Regular } from "@fluentui/react-icons";
import { type ComponentType, lazy, Suspense, useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { asProblem } from "@/api/problem";
import { useWorkspace } from "@/api/workspace";
import { Actions } from "@/pages/job/actions";
import { HereContext, type JobResource, useJobResource, useLive } from "@/pages/job/job";
import { Asked, Loading } from "@/parts/asked";
import { Page } from "@/parts/page";
import { Empty, Guard } from "@/parts/problem";
import { Status } from "@/parts/said";

interface TabOf {
  text: string;
  load: Load;
  part: ComponentType<{ name: string }>;
  /** Brings its own scrolling. */
  isFull: boolean;
}

type Load = () => Promise<{ default: ComponentType<{ name: string }> }>;

const tabOf = (text: string, load: Load, isFull = false): TabOf => ({ text, load, part: lazy(load), isFull });

const TABS: Record<string, TabOf> = {
  graph: tabOf("Graph", () => import("@/pages/pipelines/graph"), true),
  trials: tabOf("Trials", () => import("@/pages/compare/trials"), true),
  overview: tabOf("Overview", () => import("@/pages/job/overview")),
  metrics: tabOf("Metrics", () => import("@/pages/job/metrics")),
  images: tabOf("Images", () => import("@/pages/job/images")),
  charts: tabOf("Charts and tables", () => import("@/pages/job/charts")),
  outputs: tabOf("Outputs and logs", () => import("@/pages/job/outputs"), true),
  code: tabOf("Code", () => import("@/pages/job/code"), true),
  lineage: tabOf("Lineage", () => import("@/pages/job/lineage"), true),
  children: tabOf("Child jobs", () => import("@/pages/job/children"), true),
  environment: tabOf("Environment", () => import("@/pages/job/environment"), true),
  events: tabOf("Events", () => import("@/pages/job/events"), true),
};
const ALWAYS = ["overview", "metrics", "images", "charts", "outputs", "code", "lineage", "environment", "events"];

/** The tabs of a kind of job; the first opens where the address names none. */
export function tabsOf(kind: string): string[] {
  const parent = ALWAYS.toSpliced(ALWAYS.indexOf("environment"), 0, "children");
  if (kind === "Pipeline") return ["graph", ...parent.filter((tab) => tab !== "code" && tab !== "environment")];
  if (kind === "Sweep") return ["trials", ...parent];
  return kind === "AutoML" ? parent : ALWAYS;
}

export default function JobPage() {
  const { name = "", tab = "overview" } = useParams();
  const { to } = useWorkspace();
  const { t } = useTranslation();
  const navigate = useNavigate();
  const query = useJobResource(name);
  useEffect(() => {
    TABS[tab]?.load().catch(() => {}); // while the job is on its way
  }, [tab]);
  const missing = query.isError && asProblem(query.error).status === 404;
  if (query.data) return <Shown key={name} name={name} job={query.data} />;
  return (
    <Page title={name} crumbs={[{ text: t("Jobs"), to: to("jobs") }]}>
      {missing ? (
        <Empty
          title={t("There is no job of this name")}
          hint={t("It may have been deleted, or lie in another workspace.")}
        >
          <Button icon={<ArrowLeft16Regular />} onClick={() => navigate(to("jobs"))}>
            {t("All jobs")}
          </Button>
        </Empty>
      ) : (
        <Asked of={query}>{() => null}</Asked>
      )}
    </Page>
  );
}

function Shown({ name, job }: { name: string; job: JobResource }) {
  const { to } = useWorkspace();
  const { t } = useTranslation();
  const said = job.properties;
  const listen = useLive(name, job);
  const here = useMemo(() => ({ name, job, listen }), [name, job, listen]);
  const keys = tabsOf(said.jobType);
  const { tab = keys[0] ?? "overview" } = useParams();
  const shown = TABS[tab];
  const title = said.displayName || name;
  const crumbs = [
    { text: t("Jobs"), to: to("jobs") },
    ...(said.experimentName
      ? [{ text: said.experimentName, to: `${to("jobs")}?experiment=${encodeURIComponent(said.experimentName)}` }]
      : []),
  ];
  return (
    <HereContext value={here}>
      <Page
        title={title}
        crumbs={crumbs}
        beside={
          <>
            <Status of={said.status} why={said.statusReason} />
            {title !== name && (
              <Text size={200} font="monospace">
                {name}
              </Text>
            )}
            {said.isArchived && <Badge appearance="outline">{t("Archived")}</Badge>}
          </>
        }
        actions={<Actions />}
        tabs={keys.map((key) => ({ key, text: t(TABS[key]?.text ?? key), to: to("jobs", name, key) }))}
        tab={tab}
        full={shown?.isFull}
      >
        <Guard key={tab}>
          <Suspense fallback={<Loading />}>
            {shown ? <shown.part name={name} /> : <Empty title={t("There is no such tab")} />}
          </Suspense>
        </Guard>
      </Page>
    </HereContext>
  );
}
