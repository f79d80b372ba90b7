/** The phases of a job as a bar, each as long as it took, with its name and duration below. */
import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { useTranslation } from "react-i18next";
import type { Phase } from "@/pages/job/phases";
import { span, useTick } from "@/parts/said";

const useStyles = makeStyles({
  bar: {
    display: "flex",
    gap: "2px",
    height: "8px",
    borderRadius: tokens.borderRadiusCircular,
    overflow: "hidden",
    backgroundColor: tokens.colorNeutralBackground5,
  },
  piece: { minWidth: "3px" },
  list: { display: "flex", flexWrap: "wrap", gap: "4px 20px", margin: "10px 0 0", padding: 0, listStyle: "none" },
  entry: { display: "flex", alignItems: "center", gap: "6px", fontSize: tokens.fontSizeBase200 },
  dot: { width: "8px", height: "8px", borderRadius: tokens.borderRadiusSmall },
  took: { color: tokens.colorNeutralForeground3, fontVariantNumeric: "tabular-nums" },
  Queued: { backgroundColor: tokens.colorPaletteMarigoldBorderActive },
  Preparing: { backgroundColor: tokens.colorPaletteLavenderBorderActive },
  Running: { backgroundColor: tokens.colorBrandBackground },
  Finalizing: { backgroundColor: tokens.colorPaletteTealBorderActive },
  CancelRequested: { backgroundColor: tokens.colorNeutralStroke1 },
  Completed: { backgroundColor: tokens.colorPaletteGreenBorderActive },
  Failed: { backgroundColor: tokens.colorPaletteRedBorderActive },
  Canceled: { backgroundColor: tokens.colorNeutralStrokeAccessible },
});

export function Timeline({ phases }: { phases: Phase[] }) {
  const styles = useStyles();
  const { t, i18n } = useTranslation();
  useTick(phases.some(({ to }) => to === null) ? 1000 : null);
  const now = Date.now();
  const took = ({ from, to }: Phase) => Math.max(0, (to ?? now) - from);
  const colour = (status: string) => styles[status as keyof typeof styles] ?? styles.Running;
  return (
    <div>
      <div className={styles.bar} aria-hidden>
        {phases.map((phase) => (
          <div
            key={phase.from + phase.status}
            className={mergeClasses(styles.piece, colour(phase.status))}
            style={{ flexGrow: took(phase) || 1 }}
          />
        ))}
      </div>
      <ol className={styles.list}>
        {phases.map((phase) => (
          <li
            key={phase.from + phase.status}
            className={styles.entry}
            title={new Date(phase.from).toLocaleString(i18n.language)}
          >
            <span className={mergeClasses(styles.dot, colour(phase.status))} />
            {t(phase.status)}
            <span className={styles.took}>
              {phase.to === phase.from ? new Date(phase.from).toLocaleTimeString(i18n.language) : span(took(phase))}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}
