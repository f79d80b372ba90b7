/** What is wrong with the YAML, as a list one can click; and that nothing is. */
import { Link, makeStyles, Spinner, Text, tokens } from "@fluentui/react-components";
import { CheckmarkCircle16Filled, DismissCircle16Filled, Warning16Filled } from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import type { Wrong } from "@/pages/author/form";

const useStyles = makeStyles({
  box: { maxHeight: "168px", overflowY: "auto", flexShrink: 0, fontSize: tokens.fontSizeBase200 },
  list: { listStyleType: "none", margin: 0, padding: 0, display: "grid", gap: "6px" },
  one: { display: "grid", gridTemplateColumns: "16px minmax(0, 1fr)", gap: "8px", alignItems: "start" },
  good: { display: "flex", gap: "8px", alignItems: "center", color: tokens.colorNeutralForeground3, minHeight: "20px" },
  words: { overflowWrap: "anywhere" },
});

export function Problems({
  wrong,
  isChecked,
  goTo,
}: {
  wrong: Wrong[];
  isChecked: boolean;
  goTo: (line: number) => void;
}) {
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <div className={styles.box} aria-live="polite">
      {wrong.length === 0 ? (
        <div className={styles.good}>
          {isChecked ? (
            <CheckmarkCircle16Filled color={tokens.colorPaletteGreenForeground1} />
          ) : (
            <Spinner size="extra-tiny" />
          )}
          {isChecked ? t("The server would take it. Ctrl+Enter submits.") : t("Being checked…")}
        </div>
      ) : (
        <ul className={styles.list}>
          {wrong.map((each) => (
            <li key={`${each.line} ${each.message}`} className={styles.one}>
              {each.severity === "error" ? (
                <DismissCircle16Filled color={tokens.colorPaletteRedForeground1} aria-label={t("Error")} />
              ) : (
                <Warning16Filled color={tokens.colorPaletteDarkOrangeForeground1} aria-label={t("Warning")} />
              )}
              <span className={styles.words}>
                <Link as="button" onClick={() => goTo(each.line)}>
                  {t("Line {{line}}", { line: each.line })}
                </Link>{" "}
                <Text size={200}>
                  {each.message} {each.mend}
                </Text>
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
