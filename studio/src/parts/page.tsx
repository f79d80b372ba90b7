/** The frame of every page: where one is, what it is called, what can be done, its tabs, its content. */
import { makeStyles, mergeClasses, Text, tokens } from "@fluentui/react-components";
import { type ReactNode, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { type TabOf, Tabs } from "@/parts/tabs";

const useStyles = makeStyles({
  page: { display: "flex", flexDirection: "column", height: "100%", minWidth: 0 },
  head: { padding: "12px 24px 0", flexShrink: 0 },
  line: { display: "flex", alignItems: "center", gap: "12px", minHeight: "40px", flexWrap: "wrap" },
  title: { margin: 0, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap", minWidth: 0 },
  actions: { display: "flex", gap: "8px", marginLeft: "auto", alignItems: "center" },
  crumbs: { display: "flex", listStyleType: "none", margin: 0, padding: 0, fontSize: tokens.fontSizeBase200 },
  crumb: { ":not(:first-child)::before": { content: "'›'", margin: "0 8px", color: tokens.colorNeutralForeground3 } },
  above: {
    color: tokens.colorNeutralForeground2,
    textDecorationLine: "none",
    ":hover": { textDecorationLine: "underline" },
  },
  tabs: {
    marginLeft: "-10px",
    overflowX: "auto", // a narrow window shows the last tabs when one scrolls or moves to them
    scrollbarWidth: "none",
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    marginRight: "-24px",
    paddingRight: "24px",
  },
  body: { flex: 1, overflow: "auto", padding: "16px 24px 24px", minHeight: 0 },
  full: { padding: 0, overflow: "hidden", display: "flex", flexDirection: "column" },
});

export interface Crumb {
  text: string;
  to: string;
}

interface Props {
  title: ReactNode;
  /** What the browser's tab says, where the title is more than text. */
  name?: string;
  /** The pages above this one. */
  crumbs?: Crumb[];
  /** Beside the title: a status, a version. */
  beside?: ReactNode;
  actions?: ReactNode;
  /** Tabs, each with an address of its own: `{ key, text, to }`. */
  tabs?: TabOf[];
  tab?: string;
  /** Content that brings its own scrolling and margins: tables, editors, graphs. */
  full?: boolean;
  children: ReactNode;
}

export function Page({ title, name, crumbs = [], beside, actions, tabs, tab, full, children }: Props) {
  const styles = useStyles();
  const { t } = useTranslation();
  const said = name ?? (typeof title === "string" ? title : "");
  useEffect(() => {
    document.title = said ? `${said} · Lazuli` : "Lazuli Studio";
  }, [said]);
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        {crumbs.length > 0 && (
          <nav aria-label={t("Above this page")}>
            <ol className={styles.crumbs}>
              {crumbs.map((crumb) => (
                <li key={crumb.to} className={styles.crumb}>
                  <Link to={crumb.to} className={styles.above}>
                    {crumb.text}
                  </Link>
                </li>
              ))}
            </ol>
          </nav>
        )}
        <div className={styles.line}>
          <Text as="h1" size={600} weight="semibold" className={styles.title}>
            {title}
          </Text>
          {beside}
          <div className={styles.actions}>{actions}</div>
        </div>
        {tabs && (
          <div className={styles.tabs}>
            <Tabs of={tabs} at={tab} />
          </div>
        )}
      </header>
      <div className={mergeClasses(styles.body, full && styles.full)}>{children}</div>
    </div>
  );
}
