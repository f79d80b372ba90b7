/** Schedules: which job is submitted when; switched on and off, and triggered now. */
import { Button, makeStyles, Switch, tokens } from "@fluentui/react-components";
import { CalendarClock24Regular, Play16Regular } from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import type { Doc } from "@/api/client";
import { useChange, useGet, useWorkspace } from "@/api/workspace";
import { Asked } from "@/parts/asked";
import { Empty } from "@/parts/problem";
import { Ago, Code, PageLink, Status } from "@/parts/said";
import { type Column, Table } from "@/parts/table";
import { useTell, useTellProblem } from "@/shell/told";

type Schedule = Doc<"ScheduleResource">;
type Trigger = { triggerType?: string; expression?: string; frequency?: string; interval?: number; timeZone?: string };

const useStyles = makeStyles({
  table: {
    flex: 1,
    minHeight: 0,
    display: "flex",
    flexDirection: "column",
    backgroundColor: tokens.colorNeutralBackground1,
  },
});

export function Schedules() {
  const styles = useStyles();
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const tell = useTell();
  const tellProblem = useTellProblem();
  const asked = useGet<{ value?: Schedule[] }>(
    "/schedules",
    { params: { query: { listViewType: "All" } } },
    { refetchInterval: 15_000 },
  );
  const turn = useChange<{ name: string; isEnabled: boolean }>(
    ({ name, isEnabled }, { api }) =>
      api.PATCH("/schedules/{name}", { params: { path: { name } }, body: { properties: { isEnabled } } } as never),
    "/schedules",
  );
  const trigger = useChange<string, { data?: { submissionId?: string } }>(
    (name, { api }) => api.POST("/schedules/{name}/trigger", { params: { path: { name } } } as never) as never,
    "",
  );
  const start = (name: string) =>
    trigger.mutate(name, {
      onSuccess: ({ data }) => {
        const job = data?.submissionId;
        tell({
          title: t("The job of “{{name}}” is submitted", { name }),
          ...(job && { to: to("jobs", job), link: t("Open") }),
        });
      },
      onError: tellProblem,
    });
  const columns: Column<Schedule>[] = [
    {
      key: "name",
      title: t("Schedule"),
      width: "minmax(200px, 1.4fr)",
      cell: ({ name, properties }) => <span title={name}>{properties.displayName || name}</span>,
    },
    {
      key: "on",
      title: t("On"),
      width: "88px",
      cell: ({ name = "", properties }) => (
        <Switch
          aria-label={t("Whether “{{name}}” fires", { name })}
          checked={properties.isEnabled ?? true}
          onChange={(_, { checked }) => turn.mutate({ name, isEnabled: checked }, { onError: tellProblem })}
        />
      ),
    },
    {
      key: "status",
      title: t("Status"),
      width: "120px",
      cell: ({ properties }) => <Status of={properties.status} why={properties.statusReason} />,
    },
    { key: "when", title: t("When"), cell: ({ properties }) => said(properties.trigger as Trigger) },
    {
      key: "next",
      title: t("Next time"),
      width: "130px",
      cell: ({ properties }) => <Ago at={properties.nextTriggerTime} />,
    },
    {
      key: "last",
      title: t("Last"),
      width: "130px",
      cell: ({ properties }) => <Ago at={properties.lastTriggerTime} />,
    },
    {
      key: "job",
      title: t("Latest job"),
      width: "minmax(140px, 1fr)",
      cell: ({ properties }) =>
        properties.lastJob ? <PageLink to={to("jobs", properties.lastJob)}>{properties.lastJob}</PageLink> : "–",
    },
    {
      key: "start",
      title: "",
      width: "150px",
      cell: ({ name = "" }) => (
        <Button size="small" icon={<Play16Regular />} disabled={trigger.isPending} onClick={() => start(name)}>
          {t("Trigger now")}
        </Button>
      ),
    },
  ];
  return (
    <Asked of={asked}>
      {({ value = [] }) => (
        <div className={styles.table}>
          <Table
            label={t("Schedules")}
            columns={columns}
            rows={value}
            keyOf={({ name }) => name ?? ""}
            empty={
              <Empty
                icon={<CalendarClock24Regular />}
                title={t("No schedules yet")}
                hint={t(
                  "A schedule submits a job again and again: by a clock, or when files come. Make one from a terminal:",
                )}
              >
                <Code text="lazuli schedule create --file schedule.yml" />
              </Empty>
            }
          />
        </div>
      )}
    </Asked>
  );
}

/** When a trigger fires, in its own words. */
export function said(trigger: Trigger | undefined): string {
  if (!trigger) return "–";
  const zone = trigger.timeZone && trigger.timeZone !== "UTC" ? ` ${trigger.timeZone}` : "";
  if (trigger.expression) return `${trigger.expression}${zone}`;
  if (trigger.frequency) return `${trigger.interval ?? 1} × ${trigger.frequency}${zone}`;
  return trigger.triggerType ?? "–";
}
