/** The metrics of several runs as curves, over one another. */
import {
  Button,
  Menu,
  MenuButton,
  MenuItemCheckbox,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  Slider,
  Switch,
  Text,
} from "@fluentui/react-components";
import { ZoomOut20Regular } from "@fluentui/react-icons";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Doc } from "@/api/client";
import { useGet } from "@/api/workspace";
import { Pick as Choice } from "@/pages/compare/picks";
import type { PlotProps } from "@/pages/compare/plots";
import { Asked } from "@/parts/asked";
import { Curves, type Zoom } from "@/parts/curves";
import { Empty } from "@/parts/problem";
import { Card, moodOf } from "@/parts/said";

const useStyles = makeStyles({
  picks: { display: "flex", gap: "16px", flexWrap: "wrap", alignItems: "center", marginBottom: "16px" },
  charts: { display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(420px, 1fr))", gap: "16px" },
});

const FEW = 4;

export function CurvesOf({ runs, metrics, comparison, change }: PlotProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const [zoom, setZoom] = useState<Zoom | null>(null);
  const all = metrics.map(({ name }) => name);
  const said = comparison.curves.filter((name) => all.includes(name));
  const shown = said.length ? said : all.slice(0, FEW);
  if (!all.length) return <Empty title={t("No metrics")} hint={t("None of these runs has logged a metric yet.")} />;
  const { axis, smoothing, isLog } = comparison;
  return (
    <>
      <div className={styles.picks}>
        <Menu
          checkedValues={{ metrics: shown }}
          onCheckedValueChange={(_, { checkedItems }) => change({ curves: checkedItems })}
        >
          <MenuTrigger disableButtonEnhancement>
            <MenuButton size="small">{t("Metrics: {{count}}", { count: shown.length })}</MenuButton>
          </MenuTrigger>
          <MenuPopover>
            <MenuList style={{ maxHeight: "50vh", overflow: "auto" }}>
              {all.map((name) => (
                <MenuItemCheckbox key={name} name="metrics" value={name}>
                  {name}
                </MenuItemCheckbox>
              ))}
            </MenuList>
          </MenuPopover>
        </Menu>
        <Choice
          label={t("Horizontal axis")}
          value={axis}
          options={[
            ["step", t("Step")],
            ["relative", t("Relative time")],
            ["time", t("Wall time")],
          ]}
          choose={(value) => {
            setZoom(null);
            change({ axis: value as typeof axis });
          }}
        />
        <Text size={200}>{t("Smoothing")}</Text>
        <Slider
          size="small"
          aria-label={t("Smoothing")}
          min={0}
          max={99}
          value={Math.round(smoothing * 100)}
          onChange={(_, { value }) => change({ smoothing: value / 100 })}
        />
        <Switch label={t("Log scale")} checked={isLog} onChange={(_, { checked }) => change({ isLog: checked })} />
        {zoom && (
          <Button size="small" icon={<ZoomOut20Regular />} onClick={() => setZoom(null)}>
            {t("Show all")}
          </Button>
        )}
      </div>
      <div className={styles.charts}>
        {shown.map((name) => (
          <Overlaid key={name} metric={name} runs={runs} comparison={comparison} zoom={zoom} setZoom={setZoom} />
        ))}
      </div>
    </>
  );
}

interface OverlaidProps extends Pick<PlotProps, "runs" | "comparison"> {
  metric: string;
  zoom: Zoom | null;
  setZoom: (zoom: Zoom | null) => void;
}

function Overlaid({ metric, runs, comparison, zoom, setZoom }: OverlaidProps) {
  const { t } = useTranslation();
  const { axis, smoothing, isLog } = comparison;
  const logged = runs.filter(({ metrics }) => metric in metrics);
  const isAlive = logged.some(({ job }) => ["running", "waiting"].includes(moodOf(job.properties.status)));
  const query = {
    runs: logged.map(({ name }) => name).join(),
    keys: metric.replaceAll(",", "%2C"),
    axis: axis === "step" ? "step" : "time",
    // A window in steps is asked for anew, with all the points it has.
    ...(zoom && axis === "step" && { from: String(Math.floor(zoom[0])), to: String(Math.ceil(zoom[1])) }),
  };
  const asked = useGet<Doc<"MetricCurves">>(
    "/metricCurves",
    { params: { query } },
    { placeholderData: (before) => before, refetchInterval: isAlive ? 5_000 : false },
  );
  const curves = useMemo(
    () =>
      asked.data?.curves.map((curve) => {
        const run = logged.find(({ name }) => name === curve.run);
        return { ...curve, label: run?.title ?? curve.run, color: run?.color };
      }),
    [asked.data, logged],
  );
  return (
    <Card title={metric}>
      <Asked of={asked}>
        {() => (
          <Curves
            label={t("{{metric}} of each run", { metric })}
            curves={labelled(curves ?? [])}
            axis={axis}
            smoothing={smoothing}
            isLog={isLog}
            height={280}
            sync="compared"
            window={zoom}
            onZoom={setZoom}
          />
        )}
      </Asked>
    </Card>
  );
}

/** Curves whose labels tell them apart, also where runs are called the same. */
function labelled<C extends { label: string; run: string }>(curves: C[]): C[] {
  const often = new Map<string, number>();
  for (const { label } of curves) often.set(label, (often.get(label) ?? 0) + 1);
  return curves.map((curve) =>
    (often.get(curve.label) ?? 0) > 1 ? { ...curve, label: `${curve.label} (${curve.run})` } : curve,
  );
}
