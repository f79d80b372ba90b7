/** The tabs of a page, each with an address of its own. Arrow keys move among them, as Enter and a click open one. */
import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import type { KeyboardEvent, ReactNode } from "react";
import { useNavigate } from "react-router";

export interface TabOf {
  key: string;
  text: string;
  to: string;
  icon?: ReactNode;
}

const useStyles = makeStyles({
  tabs: { display: "flex", flexShrink: 0 },
  tab: {
    position: "relative",
    display: "inline-flex",
    alignItems: "center",
    gap: "6px",
    flexShrink: 0,
    padding: "12px 10px",
    border: "none",
    borderRadius: tokens.borderRadiusMedium,
    background: "none",
    font: "inherit",
    fontSize: tokens.fontSizeBase300,
    lineHeight: tokens.lineHeightBase300,
    color: tokens.colorNeutralForeground2,
    cursor: "pointer",
    whiteSpace: "nowrap",
    "::after": {
      content: "''",
      position: "absolute",
      left: "10px",
      right: "10px",
      bottom: 0,
      height: "3px",
      borderRadius: tokens.borderRadiusCircular,
    },
    ":hover": { color: tokens.colorNeutralForeground1 },
    ":hover::after": { backgroundColor: tokens.colorNeutralStroke1Hover },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: "-2px" },
  },
  here: {
    color: tokens.colorNeutralForeground1,
    fontWeight: tokens.fontWeightSemibold,
    "::after": { backgroundColor: tokens.colorCompoundBrandStroke },
    ":hover::after": { backgroundColor: tokens.colorCompoundBrandStrokeHover },
  },
  // As wide as when it is chosen, so that the others stay where they are.
  text: {
    display: "inline-grid",
    "::after": {
      content: "attr(data-text)",
      height: 0,
      visibility: "hidden",
      overflow: "hidden",
      fontWeight: tokens.fontWeightSemibold,
    },
  },
});

export function Tabs({ of: tabs, at }: { of: TabOf[]; at?: string }) {
  const styles = useStyles();
  const navigate = useNavigate();
  const current = tabs.some(({ key }) => key === at) ? at : tabs[0]?.key;
  const move = (event: KeyboardEvent<HTMLDivElement>) => {
    const all = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=tab]")];
    const from = all.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowRight: from + 1, ArrowLeft: from - 1, Home: 0, End: -1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    all.at(next % all.length)?.focus();
  };
  return (
    <div role="tablist" className={styles.tabs} onKeyDown={move}>
      {tabs.map(({ key, text, to, icon }) => (
        <button
          key={key}
          type="button"
          role="tab"
          value={key}
          aria-selected={key === at}
          tabIndex={key === current ? 0 : -1}
          className={mergeClasses(styles.tab, key === at && styles.here)}
          onClick={() => navigate(to)}
        >
          {icon}
          <span className={styles.text} data-text={text}>
            {text}
          </span>
        </button>
      ))}
    </div>
  );
}
