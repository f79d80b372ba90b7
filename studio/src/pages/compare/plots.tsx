/** Pictures of several runs: parallel coordinates, a scatter, box plots. */
import {
  Menu,
  MenuButton,
  MenuItemCheckbox,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  Text,
} from "@fluentui/react-components";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useWorkspace } from "@/api/workspace";
import type { Comparison } from "@/pages/compare/comparison";
import { type Field, isDifferent } from "@/pages/compare/fields";
import { InSpace } from "@/pages/compare/inSpace";
import { Pick } from "@/pages/compare/picks";
import { boxesOf, type Drawn, parallelOf, scatterOf } from "@/pages/compare/pictures";
import type { Run } from "@/pages/compare/runs";
import { Chart } from "@/parts/chart";
import { Empty } from "@/parts/problem";
import { Card } from "@/parts/said";

const useStyles = makeStyles({
  picks: { display: "flex", gap: "16px", flexWrap: "wrap", alignItems: "center", marginBottom: "12px" },
});

export interface PlotProps {
  runs: Run[];
  params: Field[];
  metrics: Field[];
  comparison: Comparison;
  change: (changes: Partial<Comparison>) => void;
}

const drawnOf = (runs: Run[]): Drawn[] => runs.map(({ title, color }) => ({ name: title, color }));
const optionsOf = (fields: Field[]): [string, string][] => apart(fields).map(({ key, name }) => [key, name]);

function Nothing() {
  const { t } = useTranslation();
  return (
    <Empty
      title={t("Nothing to draw")}
      hint={t("These runs have logged neither metrics nor parameters that could be drawn.")}
    />
  );
}

const FEW = 8;

/** The axes that parallel coordinates begin with: what differs, parameters before metrics. */
export function firstAxes(params: Field[], metrics: Field[]): Field[] {
  const differ = (fields: Field[]) => fields.filter(({ values }) => isDifferent(values));
  return [...differ(params).slice(0, FEW / 2), ...differ(metrics).slice(0, FEW / 2)];
}

/** Fields under names that tell them apart, also where a metric is called as a parameter is. */
export function apart(fields: Field[]): Field[] {
  const isOften = (name: string) => fields.filter((each) => each.name === name).length > 1;
  return fields.map((field) => (isOften(field.name) ? { ...field, name: field.key } : field));
}

export function Coordinates({ runs, params, metrics, comparison, change }: PlotProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const all = useMemo(() => [...params, ...metrics], [params, metrics]);
  const chosen = useMemo(() => {
    const said = comparison.axes.flatMap((key) => all.filter((field) => field.key === key));
    return said.length ? said : firstAxes(params, metrics);
  }, [comparison.axes, all, params, metrics]);
  const option = useMemo(() => parallelOf(apart(chosen), drawnOf(runs), runs.length > FEW), [chosen, runs]);
  if (!all.length) return <Nothing />;
  return (
    <Card>
      <div className={styles.picks}>
        <Menu
          checkedValues={{ axes: chosen.map(({ key }) => key) }}
          onCheckedValueChange={(_, { checkedItems }) => change({ axes: checkedItems })}
        >
          <MenuTrigger disableButtonEnhancement>
            <MenuButton size="small">{t("Axes: {{count}}", { count: chosen.length })}</MenuButton>
          </MenuTrigger>
          <MenuPopover>
            <MenuList style={{ maxHeight: "50vh", overflow: "auto" }}>
              {all.map(({ key, name }) => (
                <MenuItemCheckbox
                  key={key}
                  name="axes"
                  value={key}
                  secondaryContent={key.startsWith("params.") ? t("parameter") : t("metric")}
                >
                  {name}
                </MenuItemCheckbox>
              ))}
            </MenuList>
          </MenuPopover>
        </Menu>
        <Text size={200}>{t("Drag along an axis to keep only some runs.")}</Text>
      </div>
      {chosen.length > 1 ? (
        <Chart label={t("Each run as a line over the chosen axes")} option={option} height={460} />
      ) : (
        <Text>{t("Choose two axes or more.")}</Text>
      )}
    </Card>
  );
}

export function Scatter({ runs, params, metrics, comparison, change }: PlotProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const all = useMemo(() => [...params, ...metrics], [params, metrics]);
  const named = (key: string) => all.find((field) => field.key === key);
  const x = named(comparison.x) ?? params.find(({ isNumber }) => isNumber) ?? all[0];
  const y = named(comparison.y) ?? metrics.find((field) => field !== x) ?? all[0];
  const z = named(comparison.z) ?? null;
  const color = named(comparison.color) ?? null;
  const drawn = useMemo(() => drawnOf(runs), [runs]);
  const option = useMemo(() => x && y && scatterOf(x, y, color, drawn), [x, y, color, drawn]);
  if (!x || !y || !option) return <Nothing />;
  const picks = (
    <div className={styles.picks}>
      <Pick label={t("Across")} value={x.key} options={optionsOf(all)} choose={(key) => change({ x: key })} />
      <Pick label={t("Upward")} value={y.key} options={optionsOf(all)} choose={(key) => change({ y: key })} />
      <Pick
        label={t("Into the depth")}
        value={z?.key ?? ""}
        options={[["", t("nothing")], ...optionsOf(all)]}
        choose={(key) => change({ z: key })}
      />
      <Pick
        label={t("Colour")}
        value={color?.key ?? ""}
        options={[["", t("the run")], ...optionsOf(all)]}
        choose={(key) => change({ color: key })}
      />
    </div>
  );
  if (z)
    return (
      <Card>
        <InSpace
          label={t("{{y}} over {{x}} and {{z}}", { x: x.name, y: y.name, z: z.name })}
          {...{ x, y, z, color }}
          runs={drawn}
          open={(row) => navigate(to("jobs", runs[row]?.name ?? ""))}
        >
          {picks}
        </InSpace>
      </Card>
    );
  return (
    <Card>
      {picks}
      <Chart label={t("{{y}} over {{x}}", { x: x.name, y: y.name })} option={option} height={460} />
    </Card>
  );
}

export function Boxes({ runs, params, metrics, comparison, change }: PlotProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const y = metrics.find(({ key }) => key === comparison.y) ?? metrics[0];
  const by =
    params.find(({ key }) => key === comparison.by) ?? params.find(({ values }) => isDifferent(values)) ?? params[0];
  const option = useMemo(() => y && by && boxesOf(y, by, drawnOf(runs)), [y, by, runs]);
  if (!y || !by || !option) return <Nothing />;
  return (
    <Card>
      <div className={styles.picks}>
        <Pick label={t("Metric")} value={y.key} options={optionsOf(metrics)} choose={(key) => change({ y: key })} />
        <Pick
          label={t("Grouped by")}
          value={by.key}
          options={optionsOf(params)}
          choose={(key) => change({ by: key })}
        />
      </div>
      <Chart label={t("{{y}} by {{x}}", { x: by.name, y: y.name })} option={option} height={460} />
    </Card>
  );
}
