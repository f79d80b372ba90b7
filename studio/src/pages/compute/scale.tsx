import { Field, makeStyles, SpinButton } from "@fluentui/react-components";
import { useTranslation } from "react-i18next";

/** Least nodes, most nodes, and the seconds one may be idle. */
export type Scale = [min: number, max: number, idle: number];

const useStyles = makeStyles({ pair: { display: "grid", gridTemplateColumns: "1fr 1fr", gap: "12px" } });

/** The fields that say how a cluster grows and shrinks. */
export function ScaleFields({ value: [min, max, idle], change }: { value: Scale; change: (scale: Scale) => void }) {
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <>
      <div className={styles.pair}>
        <Field label={t("Least nodes")}>
          <SpinButton min={0} max={max} value={min} onChange={(_, said) => change([numberIn(said, 0), max, idle])} />
        </Field>
        <Field label={t("Most nodes")}>
          <SpinButton min={1} max={1000} value={max} onChange={(_, said) => change([min, numberIn(said, 1), idle])} />
        </Field>
      </div>
      <Field label={t("Seconds a node may be idle")}>
        <SpinButton min={0} step={30} value={idle} onChange={(_, said) => change([min, max, numberIn(said, 0)])} />
      </Field>
    </>
  );
}

/** What REST says of it. */
export function scaleSettings([minNodeCount, maxNodeCount, idle]: Scale) {
  return { minNodeCount, maxNodeCount, nodeIdleTimeBeforeScaleDown: `PT${idle}S` };
}

/** What a number field says: its value, or what was typed. */
function numberIn(said: { value?: number | null; displayValue?: string }, least: number): number {
  return Math.max(least, Math.round(said.value ?? (Number(said.displayValue) || least)));
}
