/** The trials of a sweep as points: over each pair of fields, and over three. */
import { Dropdown, makeStyles, Option, Text } from "@fluentui/react-components";
import { memo, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Field } from "@/pages/compare/fields";
import { InSpace } from "@/pages/compare/inSpace";
import { Pick } from "@/pages/compare/picks";
import { scatterOf } from "@/pages/compare/pictures";
import { Chart } from "@/parts/chart";
import { Card } from "@/parts/said";

const useStyles = makeStyles({
  picks: { display: "flex", gap: "16px", flexWrap: "wrap", alignItems: "center" },
  matrix: { display: "grid", gridTemplateColumns: "repeat(auto-fill, minmax(300px, 1fr))", gap: "8px" },
});

interface ScattersProps {
  params: Field[];
  metric: Field;
  runs: { name: string }[];
}

const MOST_PAIRS = 12;

/** The metric over each hyperparameter, and each pair of hyperparameters coloured by the metric. */
export function Scatters({ params, metric, runs }: ScattersProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const [color, setColor] = useState(metric.key);
  const fields = [metric, ...params];
  const chosen = fields.find(({ key }) => key === color) ?? metric;
  const pairs = useMemo(() => {
    const over = params.map((x): [Field, Field] => [x, metric]);
    const among = params.flatMap((x, at) => params.slice(at + 1).map((y): [Field, Field] => [x, y]));
    return [...over, ...among].slice(0, MOST_PAIRS);
  }, [params, metric]);
  return (
    <Card
      title={t("Scatters")}
      actions={
        <span style={{ display: "inline-flex", gap: 8, alignItems: "center" }}>
          <Text size={200} weight="regular">
            {t("Colour")}
          </Text>
          <Dropdown
            size="small"
            aria-label={t("Colour")}
            value={chosen.name}
            selectedOptions={[chosen.key]}
            onOptionSelect={(_, { optionValue }) => setColor(optionValue ?? metric.key)}
          >
            {fields.map(({ key, name }) => (
              <Option key={key} value={key}>
                {name}
              </Option>
            ))}
          </Dropdown>
        </span>
      }
    >
      <div className={styles.matrix}>
        {pairs.map(([x, y]) => (
          <Scatter key={`${x.key} ${y.key}`} x={x} y={y} color={chosen} runs={runs} />
        ))}
      </div>
    </Card>
  );
}

const Scatter = memo(function Scatter({
  x,
  y,
  color,
  runs,
}: {
  x: Field;
  y: Field;
  color: Field;
  runs: { name: string }[];
}) {
  const { t } = useTranslation();
  const option = useMemo(() => scatterOf(x, y, color, runs, true), [x, y, color, runs]);
  return <Chart label={t("{{y}} over {{x}}", { x: x.name, y: y.name })} option={option} height={240} />;
});

interface SolidProps extends ScattersProps {
  open: (row: number) => void;
}

/** The metric over two hyperparameters at once, or any other three; at first over the first two. */
export function Solid({ params, metric, runs, open }: SolidProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const [chosen, choose] = useState<{ x?: string; y?: string; z?: string; color?: string }>({});
  const fields = [metric, ...params];
  const named = (key: string | undefined, other: Field | undefined) =>
    fields.find((field) => field.key === key) ?? other ?? metric;
  const [x, y, z] = [named(chosen.x, params[0]), named(chosen.y, metric), named(chosen.z, params[1])];
  const color = named(chosen.color, metric);
  const options = fields.map(({ key, name }): [string, string] => [key, name]);
  const pick = (axis: "x" | "y" | "z" | "color", label: string, field: Field) => (
    <Pick
      label={label}
      value={field.key}
      options={options}
      choose={(key) => choose((old) => ({ ...old, [axis]: key }))}
    />
  );
  return (
    <Card title={t("In three dimensions")}>
      <InSpace
        label={t("{{y}} over {{x}} and {{z}}", { x: x.name, y: y.name, z: z.name })}
        x={x}
        y={y}
        z={z}
        color={color}
        runs={runs}
        open={open}
      >
        <div className={styles.picks}>
          {pick("x", t("Across"), x)}
          {pick("y", t("Upward"), y)}
          {pick("z", t("Into the depth"), z)}
          {pick("color", t("Colour"), color)}
        </div>
      </InSpace>
    </Card>
  );
}
