/** How an endpoint fares: requests, times and failures of each deployment, the last hours and now. */
import { MessageBar, MessageBarBody, makeStyles, Select, Text, tokens } from "@fluentui/react-components";
import { DataUsage24Regular } from "@fluentui/react-icons";
import type { EChartsCoreOption } from "echarts/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Asked } from "@/parts/asked";
import { Chart } from "@/parts/chart";
import { Empty } from "@/parts/problem";
import { Card, number, size } from "@/parts/said";
import { SERIES } from "@/shell/theme";
import type { ShownProps } from "./online";
import { type Counted, countedIn } from "./prometheus";
import { useAsked, useCounts } from "./reads";
import { colourOf } from "./small";
import { type AskedOfLate, deploymentsIn, type Measure, pointsOf } from "./spans";

const useStyles = makeStyles({
  head: { display: "flex", alignItems: "center", gap: "12px", marginBottom: "12px" },
  charts: {
    display: "grid",
    gap: "16px",
    gridTemplateColumns: "minmax(0, 1fr) minmax(0, 1fr)",
    "@media (max-width: 1100px)": { gridTemplateColumns: "minmax(0, 1fr)" },
  },
  table: { borderCollapse: "collapse", width: "100%", fontVariantNumeric: "tabular-nums" },
  left: { textAlign: "left", padding: "6px 8px", borderBottom: `1px solid ${tokens.colorNeutralStroke3}` },
  cell: { textAlign: "right", padding: "6px 8px", borderBottom: `1px solid ${tokens.colorNeutralStroke3}` },
  quiet: { color: tokens.colorNeutralForeground3 },
});

/** The minutes that are looked back on, and the seconds of a point. */
const RANGES: [number, number][] = [
  [15, 5],
  [60, 20],
  [360, 120],
  [1440, 600],
];
const EVERY = 5_000;

export default function Metrics({ endpoint, deployments }: ShownProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const [minutes, setMinutes] = useState(60);
  const step = RANGES.find(([each]) => each === minutes)?.[1] ?? 20;
  const asked = useAsked(endpoint.name, minutes, step, EVERY);
  const names = deployments.map(({ name }) => name);
  const ranges: Record<number, string> = {
    15: t("Last 15 minutes"),
    60: t("The last hour"),
    360: t("The last 6 hours"),
    1440: t("The last 24 hours"),
  };
  return (
    <>
      <div className={styles.head}>
        <Select aria-label={t("How far back")} value={minutes} onChange={(_, { value }) => setMinutes(Number(value))}>
          {RANGES.map(([each]) => (
            <option key={each} value={each}>
              {ranges[each]}
            </option>
          ))}
        </Select>
        <Text size={200} className={styles.quiet}>
          {t("Read anew every 5 seconds")}
        </Text>
      </div>
      <Asked of={asked} lines={10}>
        {(said) => <Charts said={said} minutes={minutes} names={names} at={asked.dataUpdatedAt} />}
      </Asked>
      <div style={{ height: 16 }} />
      <Counts name={endpoint.name} />
    </>
  );
}

function Charts({ said, minutes, names, at }: { said: AskedOfLate; minutes: number; names: string[]; at: number }) {
  const styles = useStyles();
  const { t } = useTranslation();
  if (!said.spans.length)
    return (
      <Empty
        icon={<DataUsage24Regular />}
        title={t("Nobody asked in this time")}
        hint={t("Requests appear here a second after they were answered. Try one in the Test tab.")}
      />
    );
  const charts: [Measure, string, string][] = [
    ["rate", t("Requests per second"), ""],
    ["failed", t("Failures per second"), ""],
    ["p50", t("Time to answer, median (ms)"), "ms"],
    ["p95", t("Time to answer, 95th percentile (ms)"), "ms"],
    ["p99", t("Time to answer, 99th percentile (ms)"), "ms"],
  ];
  return (
    <>
      {said.isCut && (
        <MessageBar style={{ marginBottom: 12 }}>
          <MessageBarBody>
            {t("More was asked than is read at a time: the beginning is missing. Choose less time.")}
          </MessageBarBody>
        </MessageBar>
      )}
      <div className={styles.charts}>
        {charts.map(([measure, title]) => (
          <Card key={measure} title={title}>
            <Curve said={said} measure={measure} title={title} minutes={minutes} names={names} at={at} />
          </Card>
        ))}
      </div>
    </>
  );
}

interface CurveProps {
  said: AskedOfLate;
  measure: Measure;
  title: string;
  minutes: number;
  names: string[];
  at: number;
}

function Curve({ said, measure, title, minutes, names, at }: CurveProps) {
  const { t, i18n } = useTranslation();
  const option = useMemo<EChartsCoreOption>(() => {
    const from = at - minutes * 60_000;
    return {
      animation: false,
      grid: { left: 8, right: 12, top: 32, bottom: 4, containLabel: true },
      legend: { top: 0, left: 0, icon: "roundRect", itemWidth: 12, itemHeight: 4 },
      tooltip: { trigger: "axis", valueFormatter: (value: number | null) => number(value, i18n.language) },
      xAxis: { type: "time", min: from, max: at, splitLine: { show: false } },
      yAxis: { type: "value", min: 0 },
      series: deploymentsIn(said).map((name) => ({
        type: "line",
        name: name || t("no deployment"),
        showSymbol: measure.startsWith("p"),
        symbolSize: 4,
        connectNulls: false,
        lineStyle: { width: 1.5, type: name ? "solid" : "dashed" },
        color: name ? colourOf(names, name) : SERIES[7],
        data: pointsOf(said, name, measure, from, at),
      })),
    };
  }, [said, measure, minutes, names, at, t, i18n.language]);
  return <Chart label={title} option={option} height={200} />;
}

function Counts({ name }: { name: string }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const counts = useCounts(name, EVERY);
  return (
    <Card title={t("Since the endpoint was opened")}>
      <Asked of={counts} lines={3}>
        {(text) => (
          <table className={styles.table}>
            <thead>
              <tr>
                <th className={styles.left}>{t("Deployment")}</th>
                {[
                  t("Requests"),
                  t("Failed"),
                  t("Mean time"),
                  t("Received"),
                  t("Sent"),
                  t("At work now"),
                  t("Waiting now"),
                  t("Instances"),
                ].map((title) => (
                  <th key={title} className={styles.cell}>
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {countedIn(text).map((each) => (
                <CountRow key={each.deployment} of={each} />
              ))}
            </tbody>
          </table>
        )}
      </Asked>
    </Card>
  );
}

function CountRow({ of }: { of: Counted }) {
  const styles = useStyles();
  const { t, i18n } = useTranslation();
  const failures = Object.entries(of.statuses)
    .filter(([status]) => Number(status) >= 400)
    .map(([status, count]) => `${status}: ${count}`)
    .join(", ");
  const mean = of.requests ? `${number((of.seconds / of.requests) * 1000, i18n.language)} ms` : "–";
  const cells = [
    number(of.requests, i18n.language),
    number(of.failed, i18n.language),
    mean,
    size(of.received),
    size(of.sent),
    number(of.now.asked ?? null, i18n.language),
    number(of.now.waiting ?? null, i18n.language),
    number(of.now.instances ?? null, i18n.language),
  ];
  return (
    <tr>
      <th scope="row" className={styles.left}>
        {of.deployment || <span className={styles.quiet}>{t("no deployment")}</span>}
      </th>
      {cells.map((cell, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the columns never change places
        <td key={index} className={styles.cell} title={index === 1 ? failures : undefined}>
          {cell}
        </td>
      ))}
    </tr>
  );
}
