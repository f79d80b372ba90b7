/** Every metric of a job as a curve, while it comes and afterwards. */
import {
  Button,
  Dropdown,
  Input,
  Label,
  makeStyles,
  Option,
  Slider,
  Switch,
  Text,
  Tooltip,
  tokens,
} from "@fluentui/react-components";
import { ChartMultiple24Regular, Search16Regular, ZoomOut16Regular } from "@fluentui/react-icons";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLiveMetrics, useSummaries } from "@/pages/job/curves";
import { isOver, useJob } from "@/pages/job/job";
import { useKept } from "@/pages/job/kept";
import { MetricChart } from "@/pages/job/metricChart";
import { Asked } from "@/parts/asked";
import type { Zoom } from "@/parts/curves";
import { Empty } from "@/parts/problem";
import type { Axis } from "@/parts/smooth";

const useStyles = makeStyles({
  bar: {
    display: "flex",
    alignItems: "center",
    gap: "16px",
    flexWrap: "wrap",
    position: "sticky",
    top: "-16px",
    zIndex: 3,
    margin: "-16px -24px 12px",
    padding: "8px 24px",
    backgroundColor: tokens.colorNeutralBackground2,
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
  },
  slide: { display: "flex", alignItems: "center", gap: "4px" },
  value: { minWidth: "4ch", fontVariantNumeric: "tabular-nums" },
  grid: { display: "grid", gap: "12px", gridTemplateColumns: "repeat(auto-fill, minmax(min(380px, 100%), 1fr))" },
});

const AXES: [Axis, string][] = [
  ["step", "Step"],
  ["relative", "Relative time"],
  ["time", "Wall time"],
];

export interface View {
  axis: Axis;
  smoothing: number;
  isLog: boolean;
}

export default function Metrics({ name }: { name: string }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { job } = useJob();
  const summaries = useSummaries(name);
  const [view, setView] = useKept<View>("lazuli.curves", { axis: "step", smoothing: 0, isLog: false });
  const [pinned, setPinned] = useKept<string[]>("lazuli.pinned", []);
  const [wanted, setWanted] = useState("");
  const [zoom, setZoom] = useState<Zoom | null>(null);
  useLiveMetrics(name);
  const pin = (key: string) =>
    setPinned(pinned.includes(key) ? pinned.filter((each) => each !== key) : [...pinned, key]);
  const turn = (axis: Axis) => {
    setZoom(null);
    setView({ ...view, axis });
  };
  return (
    <Asked of={summaries}>
      {(all) => {
        if (!all.length)
          return (
            <Empty
              icon={<ChartMultiple24Regular />}
              title={t("No metrics yet")}
              hint={
                isOver(job.properties.status)
                  ? t("This job logged none. Log them with mlflow.log_metric.")
                  : t("They appear as the job logs them with mlflow.log_metric.")
              }
            />
          );
        const shown = all
          .filter(({ key }) => key.toLowerCase().includes(wanted.toLowerCase()))
          .sort((one, other) => Number(pinned.includes(other.key)) - Number(pinned.includes(one.key)));
        return (
          <>
            <div className={styles.bar}>
              <Input
                contentBefore={<Search16Regular />}
                placeholder={t("Find a metric")}
                aria-label={t("Find a metric")}
                value={wanted}
                onChange={(_, { value }) => setWanted(value)}
              />
              <Dropdown
                aria-label={t("Horizontal axis")}
                style={{ minWidth: 150 }}
                value={t(AXES.find(([axis]) => axis === view.axis)?.[1] ?? "Step")}
                selectedOptions={[view.axis]}
                onOptionSelect={(_, { optionValue }) => turn(optionValue as Axis)}
              >
                {AXES.map(([axis, text]) => (
                  <Option key={axis} value={axis}>
                    {t(text)}
                  </Option>
                ))}
              </Dropdown>
              <span className={styles.slide}>
                <Label htmlFor="smoothing">{t("Smoothing")}</Label>
                <Slider
                  id="smoothing"
                  min={0}
                  max={99}
                  value={Math.round(view.smoothing * 100)}
                  onChange={(_, { value }) => setView({ ...view, smoothing: value / 100 })}
                />
                <Text className={styles.value}>{view.smoothing.toFixed(2)}</Text>
              </span>
              <Switch
                label={t("Log scale")}
                checked={view.isLog}
                onChange={(_, { checked }) => setView({ ...view, isLog: checked })}
              />
              {zoom && (
                <Tooltip content={t("A double click on a chart does the same")} relationship="description">
                  <Button icon={<ZoomOut16Regular />} onClick={() => setZoom(null)}>
                    {t("Show all")}
                  </Button>
                </Tooltip>
              )}
            </div>
            {shown.length === 0 && <Empty title={t("No metric of this name")} />}
            <div className={styles.grid}>
              {shown.map((summary) => (
                <MetricChart
                  key={summary.key}
                  name={name}
                  summary={summary}
                  view={view}
                  zoom={zoom}
                  onZoom={setZoom}
                  isPinned={pinned.includes(summary.key)}
                  pin={() => pin(summary.key)}
                />
              ))}
            </div>
          </>
        );
      }}
    </Asked>
  );
}
