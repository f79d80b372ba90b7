/** JSON that folds. */
import { makeStyles, tokens } from "@fluentui/react-components";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

const useStyles = makeStyles({
  json: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200, lineHeight: "1.7" },
  below: { paddingLeft: "20px" },
  key: { color: tokens.colorBrandForeground1 },
  text: { color: tokens.colorPaletteGreenForeground1, overflowWrap: "anywhere" },
  other: { color: tokens.colorPaletteBerryForeground1 },
  count: { color: tokens.colorNeutralForeground3 },
  fold: { cursor: "pointer" },
});

/** Entries of one level that are drawn. */
const MOST = 500;

export function JsonView({ text }: { text: string }) {
  const styles = useStyles();
  const parsed = useMemo(() => {
    try {
      return { value: JSON.parse(text) as unknown };
    } catch {
      return null;
    }
  }, [text]);
  if (!parsed) return <pre className={styles.json}>{text}</pre>;
  return (
    <div className={styles.json}>
      <Value value={parsed.value} depth={0} />
    </div>
  );
}

function Value({ name, value, depth }: { name?: string; value: unknown; depth: number }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const key = name === undefined ? null : <span className={styles.key}>{name}: </span>;
  if (value === null || typeof value !== "object")
    return (
      <div>
        {key}
        <span className={typeof value === "string" ? styles.text : styles.other}>{JSON.stringify(value)}</span>
      </div>
    );
  const entries = Object.entries(value);
  const [opens, closes] = Array.isArray(value) ? "[]" : "{}";
  return (
    <details open={depth < 2 && entries.length <= 100}>
      <summary className={styles.fold}>
        {key}
        {opens} <span className={styles.count}>{entries.length}</span> {closes}
      </summary>
      <div className={styles.below}>
        {entries.slice(0, MOST).map(([word, each]) => (
          <Value key={word} name={word} value={each} depth={depth + 1} />
        ))}
        {entries.length > MOST && (
          <div className={styles.count}>{t("{{count}} more", { count: entries.length - MOST })}</div>
        )}
      </div>
    </details>
  );
}
