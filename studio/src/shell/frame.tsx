/** What surrounds every page: navigation at the left, the bar above. */
import { Button, makeStyles, mergeClasses, Text, Tooltip, tokens } from "@fluentui/react-components";
import {
  BoxMultiple20Filled,
  BoxMultiple20Regular,
  BranchFork20Filled,
  BranchFork20Regular,
  bundleIcon,
  Cube20Filled,
  Cube20Regular,
  Database20Filled,
  Database20Regular,
  DocumentTable20Filled,
  DocumentTable20Regular,
  Flash20Filled,
  Flash20Regular,
  Home20Filled,
  Home20Regular,
  Key20Filled,
  Key20Regular,
  Layer20Filled,
  Layer20Regular,
  Navigation20Regular,
  Organization20Filled,
  Organization20Regular,
  PuzzlePiece20Filled,
  PuzzlePiece20Regular,
  Rocket20Filled,
  Rocket20Regular,
  Server20Filled,
  Server20Regular,
  Settings20Filled,
  Settings20Regular,
} from "@fluentui/react-icons";
import { type ComponentType, Suspense, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { NavLink, Outlet, useLocation } from "react-router";
import { useWorkspaceMaybe } from "@/api/workspace";
import { Loading } from "@/parts/asked";
import { Guard } from "@/parts/problem";
import { Bar } from "@/shell/bar";

const KEY = "lazuli.navigation";

interface Entry {
  text: string;
  icon: ComponentType;
  /** Parts of the address below the workspace. */
  to: string[];
  end?: boolean;
}

const HOME: Entry = { text: "Home", icon: bundleIcon(Home20Filled, Home20Regular), to: [], end: true };
const GROUPS: { title: string; entries: Entry[] }[] = [
  {
    title: "Authoring",
    entries: [{ text: "New job", icon: bundleIcon(Rocket20Filled, Rocket20Regular), to: ["new"] }],
  },
  {
    title: "Assets",
    entries: [
      { text: "Data", icon: bundleIcon(DocumentTable20Filled, DocumentTable20Regular), to: ["data"] },
      { text: "Jobs", icon: bundleIcon(Flash20Filled, Flash20Regular), to: ["jobs"] },
      { text: "Pipelines", icon: bundleIcon(BranchFork20Filled, BranchFork20Regular), to: ["pipelines"] },
      { text: "Components", icon: bundleIcon(PuzzlePiece20Filled, PuzzlePiece20Regular), to: ["components"] },
      { text: "Environments", icon: bundleIcon(Layer20Filled, Layer20Regular), to: ["environments"] },
      { text: "Models", icon: bundleIcon(Cube20Filled, Cube20Regular), to: ["models"] },
      { text: "Endpoints", icon: bundleIcon(BoxMultiple20Filled, BoxMultiple20Regular), to: ["endpoints"] },
    ],
  },
  {
    title: "Manage",
    entries: [
      { text: "Compute", icon: bundleIcon(Server20Filled, Server20Regular), to: ["compute"] },
      { text: "Datastores", icon: bundleIcon(Database20Filled, Database20Regular), to: ["datastores"] },
      { text: "Workspace settings", icon: bundleIcon(Settings20Filled, Settings20Regular), to: ["settings"] },
    ],
  },
];
const WORKSPACES: Entry = {
  text: "Workspaces",
  icon: bundleIcon(Organization20Filled, Organization20Regular),
  to: ["workspaces"],
};
const TOKENS: Entry = { text: "Tokens", icon: bundleIcon(Key20Filled, Key20Regular), to: ["tokens"] };

const useStyles = makeStyles({
  frame: {
    display: "grid",
    gridTemplateRows: "48px minmax(0, 1fr)",
    gridTemplateColumns: "auto minmax(0, 1fr)",
    height: "100%",
  },
  bar: { gridColumn: "1 / -1" },
  nav: {
    width: "208px",
    overflowY: "auto",
    overflowX: "hidden",
    padding: "8px",
    boxSizing: "border-box",
    backgroundColor: tokens.colorNeutralBackground3,
    borderRight: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  narrow: { width: "52px" },
  group: {
    display: "block",
    padding: "14px 10px 4px",
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
  },
  rule: { borderTop: `1px solid ${tokens.colorNeutralStroke2}`, margin: "8px 4px" },
  entry: {
    display: "flex",
    alignItems: "center",
    gap: "10px",
    height: "34px",
    padding: "0 8px",
    borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground2,
    textDecorationLine: "none",
    whiteSpace: "nowrap",
    ":hover": { backgroundColor: tokens.colorNeutralBackground3Hover },
    "& svg": { flexShrink: 0 },
    "& span": { overflow: "hidden", textOverflow: "ellipsis" },
  },
  here: {
    backgroundColor: tokens.colorNeutralBackground1Selected,
    color: tokens.colorNeutralForeground1,
    fontWeight: tokens.fontWeightSemibold,
    boxShadow: `inset 3px 0 0 ${tokens.colorBrandForeground1}`,
  },
  main: { minWidth: 0, minHeight: 0, overflow: "hidden", backgroundColor: tokens.colorNeutralBackground2 },
  skip: {
    position: "absolute",
    left: "-9999px",
    ":focus": { left: "8px", top: "8px", zIndex: 10, padding: "8px", backgroundColor: tokens.colorNeutralBackground1 },
  },
});

/** A file that is dropped beside the place where one is wanted does not open instead of the page. */
function useStrayFiles(): void {
  useEffect(() => {
    const refuse = (event: DragEvent) => {
      if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "none";
    };
    window.addEventListener("dragover", refuse);
    window.addEventListener("drop", refuse);
    return () => {
      window.removeEventListener("dragover", refuse);
      window.removeEventListener("drop", refuse);
    };
  }, []);
}

export function Frame() {
  const styles = useStyles();
  const { t } = useTranslation();
  useStrayFiles();
  const [isNarrow, setNarrow] = useState(
    () => (localStorage.getItem(KEY) ?? (window.innerWidth < 1200 ? "narrow" : "")) === "narrow",
  );
  const workspace = useWorkspaceMaybe();
  const { pathname } = useLocation();
  const link = (entry: Entry, to: string) => (
    <Tooltip
      key={entry.text}
      content={t(entry.text)}
      relationship="label"
      positioning="after"
      visible={isNarrow ? undefined : false}
    >
      <NavLink
        to={to}
        end={entry.end}
        className={({ isActive }) => mergeClasses(styles.entry, isActive && styles.here)}
      >
        <entry.icon />
        {!isNarrow && <span>{t(entry.text)}</span>}
      </NavLink>
    </Tooltip>
  );
  const turn = () => {
    localStorage.setItem(KEY, isNarrow ? "wide" : "narrow");
    setNarrow(!isNarrow);
  };
  return (
    <div className={styles.frame}>
      <a href="#content" className={styles.skip}>
        {t("Skip to content")}
      </a>
      <div className={styles.bar}>
        <Bar />
      </div>
      <nav className={mergeClasses(styles.nav, isNarrow && styles.narrow)} aria-label={t("Studio")}>
        <Tooltip content={isNarrow ? t("Wide navigation") : t("Narrow navigation")} relationship="label">
          <Button appearance="transparent" icon={<Navigation20Regular />} onClick={turn} style={{ minWidth: 36 }} />
        </Tooltip>
        {link(WORKSPACES, "/workspaces")}
        {workspace && (
          <>
            {link(HOME, workspace.to())}
            {GROUPS.map((group) => (
              <div key={group.title}>
                {isNarrow ? <div className={styles.rule} /> : <Text className={styles.group}>{t(group.title)}</Text>}
                {group.entries.map((entry) => link(entry, workspace.to(...entry.to)))}
              </div>
            ))}
          </>
        )}
        {!workspace && <div className={styles.rule} />}
        {link(TOKENS, "/tokens")}
      </nav>
      <main id="content" className={styles.main}>
        <Guard key={pathname}>
          <Suspense fallback={<Loading lines={8} />}>
            <Outlet />
          </Suspense>
        </Guard>
      </main>
    </div>
  );
}
