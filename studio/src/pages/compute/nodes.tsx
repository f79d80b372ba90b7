import { makeStyles, tokens } from "@fluentui/react-components";
import { useTranslation } from "react-i18next";
import type { Compute } from "./computes";

const useStyles = makeStyles({
  line: { display: "flex", alignItems: "center", gap: "8px" },
  bar: { display: "flex", gap: "2px", height: "8px", width: "96px", flexShrink: 0 },
  part: { flex: 1, borderRadius: "2px", backgroundColor: tokens.colorNeutralBackground5 },
  busy: { backgroundColor: tokens.colorBrandForeground1 },
  idle: { backgroundColor: tokens.colorPaletteGreenForeground3 },
  preparing: { backgroundColor: tokens.colorPaletteYellowForeground2 },
});

const MOST = 24;

/** The nodes of a cluster as a row of slots: busy, idle, on their way, and those there could be. */
export function Nodes({ of: { busy, idle, preparing, max } }: { of: Compute }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const scale = max > MOST ? MOST / max : 1;
  const states = [
    ...Array(Math.ceil(busy * scale)).fill("busy"),
    ...Array(Math.ceil(idle * scale)).fill("idle"),
    ...Array(Math.ceil(preparing * scale)).fill("preparing"),
  ] as ("busy" | "idle" | "preparing")[];
  const slots = Array.from({ length: Math.min(max, MOST) }, (_, index) => states[index]);
  return (
    <span className={styles.line}>
      <span className={styles.bar} aria-hidden>
        {slots.map((state, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a slot is its place
          <span key={index} className={`${styles.part} ${state ? styles[state] : ""}`} />
        ))}
      </span>
      {t("{{busy}} of {{max}} busy", { busy, max })}
    </span>
  );
}
