/** Several runs side by side: what they were given, what they reached, and with what they were made. */
import {
  Button,
  Menu,
  MenuButton,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  Switch,
  Text,
} from "@fluentui/react-components";
import { ColumnDoubleCompare20Regular, Copy20Regular } from "@fluentui/react-icons";
import { useCallback, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useSearchParams } from "react-router";
import { asProblem } from "@/api/problem";
import { useWorkspace } from "@/api/workspace";
import { Adding, RunChips } from "@/pages/compare/chips";
import { addressOf, type Comparison, comparisonOf, type Stat, type TabName } from "@/pages/compare/comparison";
import { asCsv, asMarkdown, type Sections } from "@/pages/compare/copied";
import { CurvesOf } from "@/pages/compare/curvesTab";
import { type Field, isDifferent } from "@/pages/compare/fields";
import { Pick } from "@/pages/compare/picks";
import { Boxes, Coordinates, type PlotProps, Scatter } from "@/pages/compare/plots";
import { metricsOf, paramsOf, type Run, settingsOf, tagsOf, useRuns } from "@/pages/compare/runs";
import { Values } from "@/pages/compare/values";
import { Loading } from "@/parts/asked";
import { keep } from "@/parts/keep";
import { Page } from "@/parts/page";
import { Empty, ProblemView } from "@/parts/problem";
import { Card } from "@/parts/said";
import { useTell } from "@/shell/told";

const useStyles = makeStyles({
  body: { display: "grid", gap: "16px", gridTemplateColumns: "minmax(0, 1fr)" },
  bar: { display: "flex", gap: "16px", alignItems: "center", flexWrap: "wrap" },
});

function useComparison() {
  const [address, setAddress] = useSearchParams();
  const comparison = useMemo(() => comparisonOf(address), [address]);
  const now = useRef(comparison);
  now.current = comparison;
  const change = useCallback(
    (changes: Partial<Comparison>) => {
      now.current = { ...now.current, ...changes };
      setAddress(addressOf(now.current), { replace: true });
    },
    [setAddress],
  );
  return { comparison, change };
}

export default function Compare() {
  const styles = useStyles();
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const { comparison, change } = useComparison();
  const { runs, problems, isLoading } = useRuns(comparison.runs);
  const titles: Record<TabName, string> = {
    values: t("Parameters and metrics"),
    curves: t("Curves"),
    parallel: t("Parallel coordinates"),
    scatter: t("Scatter"),
    boxes: t("Box plots"),
    settings: t("Code, environment, inputs"),
  };
  const tabs = Object.entries(titles).map(([key, text]) => {
    const query = addressOf({ ...comparison, tab: key as TabName });
    return { key, text, to: `${to("compare")}?${query}` };
  });
  const baseline = runs.find(({ name }) => name === comparison.baseline) ?? runs[0];
  return (
    <Page
      title={t("Compare")}
      crumbs={[{ text: t("Jobs"), to: to("jobs") }]}
      tabs={tabs}
      tab={comparison.tab}
      actions={runs.length > 1 && <Copying runs={runs} comparison={comparison} />}
    >
      {comparison.runs.length === 0 ? (
        <Start choose={(names) => change({ runs: names })} />
      ) : (
        <div className={styles.body}>
          <RunChips
            runs={runs}
            baseline={baseline?.name ?? ""}
            choose={(names) => change({ runs: names })}
            measureBy={(name) => change({ baseline: name })}
          />
          {problems.map(({ name, error }) => (
            <div key={name}>
              <ProblemView problem={asProblem(error)} />
              <Button size="small" onClick={() => change({ runs: comparison.runs.filter((each) => each !== name) })}>
                {t("Take out")}
              </Button>
            </div>
          ))}
          {isLoading ? (
            <Loading lines={10} />
          ) : (
            runs.length > 0 && <Shown runs={runs} comparison={comparison} change={change} />
          )}
        </div>
      )}
    </Page>
  );
}

function Start({ choose }: { choose: (names: string[]) => void }) {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const [isAdding, setAdding] = useState(false);
  return (
    <Empty
      icon={<ColumnDoubleCompare20Regular />}
      title={t("Choose runs to compare")}
      hint={t(
        "Two or more stand here side by side: parameters, metrics, curves, code. In the table of jobs, select them and press Compare.",
      )}
    >
      <Button appearance="primary" onClick={() => setAdding(true)}>
        {t("Choose runs")}
      </Button>
      <Button onClick={() => navigate(to("jobs"))}>{t("All jobs")}</Button>
      {isAdding && <Adding names={[]} close={() => setAdding(false)} choose={choose} />}
    </Empty>
  );
}

interface ShownProps {
  runs: Run[];
  comparison: Comparison;
  change: (changes: Partial<Comparison>) => void;
}

function Shown({ runs, comparison, change }: ShownProps) {
  const params = useMemo(() => paramsOf(runs), [runs]);
  const metrics = useMemo(() => metricsOf(runs, comparison.stat), [runs, comparison.stat]);
  const props: PlotProps = { runs, params, metrics, comparison, change };
  const { tab } = comparison;
  if (tab === "curves") return <CurvesOf {...props} />;
  if (tab === "parallel") return <Coordinates {...props} />;
  if (tab === "scatter") return <Scatter {...props} />;
  if (tab === "boxes") return <Boxes {...props} />;
  return <Tables {...props} />;
}

function Tables({ runs, params, metrics, comparison, change }: PlotProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const isSettings = comparison.tab === "settings";
  const tags = useMemo(() => tagsOf(runs), [runs]);
  const settings = useMemo(() => settingsOf(runs), [runs]);
  const at = Math.max(
    0,
    runs.findIndex(({ name }) => name === comparison.baseline),
  );
  const kept = (fields: Field[]) =>
    comparison.onlyDifferent ? fields.filter(({ values }) => isDifferent(values)) : fields;
  const sections: [string, Field[], boolean][] = isSettings
    ? [[t("Setting"), kept(settings), false]]
    : [
        [t("Metrics"), kept(metrics), true],
        [t("Parameters"), kept(params), false],
        [t("Tags"), kept(tags), false],
      ];
  const there = sections.filter(([, fields]) => fields.length);
  return (
    <>
      <div className={styles.bar}>
        <Switch
          label={t("Only what differs")}
          checked={comparison.onlyDifferent}
          onChange={(_, { checked }) => change({ onlyDifferent: checked })}
        />
        {!isSettings && (
          <Pick
            label={t("Of each metric")}
            value={comparison.stat}
            options={[
              ["last", t("the last value")],
              ["min", t("the least value")],
              ["max", t("the greatest value")],
            ]}
            choose={(stat) => change({ stat: stat as Stat })}
          />
        )}
      </div>
      {there.map(([title, fields, isMetric]) => (
        <Card key={title}>
          <Values
            label={title}
            runs={runs}
            fields={fields}
            baseline={at}
            {...(isMetric && {
              goals: comparison.goals,
              turn: (metric, goal) => change({ goals: { ...comparison.goals, [metric]: goal } }),
            })}
          />
        </Card>
      ))}
      {!there.length && (
        <Text>{comparison.onlyDifferent ? t("Nothing differs.") : t("These runs have logged nothing yet.")}</Text>
      )}
    </>
  );
}

function Copying({ runs, comparison }: { runs: Run[]; comparison: Comparison }) {
  const { t } = useTranslation();
  const tell = useTell();
  const names = runs.map(({ title, name }) => (title === name ? name : `${title} (${name})`));
  const kept = (fields: Field[]) =>
    comparison.onlyDifferent ? fields.filter(({ values }) => isDifferent(values)) : fields;
  const sections = (): Sections => [
    [t("Metrics"), kept(metricsOf(runs, comparison.stat))],
    [t("Parameters"), kept(paramsOf(runs))],
    [t("Tags"), kept(tagsOf(runs))],
    [t("Setting"), kept(settingsOf(runs))],
  ];
  const copy = async () => {
    await navigator.clipboard.writeText(asMarkdown(names, sections()));
    tell({ title: t("Copied") });
  };
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <MenuButton icon={<Copy20Regular />}>{t("Copy")}</MenuButton>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuItem onClick={copy}>{t("Copy as Markdown")}</MenuItem>
          <MenuItem onClick={() => keep("comparison.csv", asCsv(names, sections()), "text/csv")}>
            {t("Download CSV")}
          </MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
