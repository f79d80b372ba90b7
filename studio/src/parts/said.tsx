/** Small things that are said the same way on every page: times, sizes, statuses, facts, code. */
import { Badge, Button, makeStyles, Tooltip, tokens } from "@fluentui/react-components";
import {
  ArrowSync16Regular,
  Checkmark16Regular,
  CheckmarkCircle16Filled,
  Clock16Regular,
  Copy16Regular,
  DismissCircle16Filled,
  Prohibited16Regular,
  Question16Regular,
  Warning16Filled,
} from "@fluentui/react-icons";
import { type ReactNode, useEffect, useReducer, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link as RouterLink } from "react-router";

const useStyles = makeStyles({
  link: {
    color: tokens.colorBrandForeground1,
    textDecorationLine: "none",
    ":hover": { textDecorationLine: "underline" },
  },
  facts: {
    display: "grid",
    gridTemplateColumns: "minmax(110px, max-content) minmax(0, 1fr)",
    columnGap: "24px",
    rowGap: "8px",
    margin: 0,
  },
  term: { color: tokens.colorNeutralForeground3 },
  value: { margin: 0, overflowWrap: "anywhere" },
  code: {
    position: "relative",
    margin: 0,
    padding: "12px 44px 12px 14px",
    backgroundColor: tokens.colorNeutralBackground3,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    lineHeight: "1.6",
    whiteSpace: "pre-wrap",
    overflowWrap: "anywhere",
  },
  copy: { position: "absolute", top: "4px", right: "4px" },
  card: {
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusLarge,
    padding: "16px",
    minWidth: 0,
  },
  beside: { marginLeft: "auto", fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightRegular },
  cardHead: {
    display: "flex",
    alignItems: "center",
    gap: "8px",
    margin: "0 0 12px",
    fontSize: tokens.fontSizeBase400,
    fontWeight: tokens.fontWeightSemibold,
  },
});

/** A link to a page of Studio. */
export function PageLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <RouterLink to={to} className={useStyles().link}>
      {children}
    </RouterLink>
  );
}

/** Draw again every so many milliseconds: time passes also where nothing else happens. */
export function useTick(every: number | null): void {
  const [, tick] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (every === null) return;
    const timer = setInterval(tick, every);
    return () => clearInterval(timer);
  }, [every]);
}

type When = string | number | null | undefined;

/** A moment as one says it ("3 min ago"), exactly on hover; keeps itself up to date. */
export function Ago({ at }: { at: When }) {
  const { i18n } = useTranslation();
  useTick(30_000);
  if (at === null || at === undefined || at === "") return <>–</>;
  const moment = new Date(at);
  return (
    <time dateTime={moment.toISOString()} title={moment.toLocaleString(i18n.language)}>
      {ago(moment, i18n.language)}
    </time>
  );
}

const SPANS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", 30],
  ["month", 12],
  ["year", Number.POSITIVE_INFINITY],
];

const relatives = new Map<string, Intl.RelativeTimeFormat>();

/** Made once for each language: that takes longer than all that is said with it on a page. */
function relative(language: string): Intl.RelativeTimeFormat {
  const made = relatives.get(language) ?? new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  relatives.set(language, made);
  return made;
}

export function ago(moment: Date, language: string, now = Date.now()): string {
  let value = (moment.getTime() - now) / 1000;
  for (const [unit, most] of SPANS) {
    if (Math.abs(value) < most) return relative(language).format(Math.round(value), unit);
    value /= most;
  }
  return moment.toLocaleString(language);
}

/** A span of milliseconds: `850 ms`, `12.3 s`, `4 min 10 s`, `2 h 5 min`, `3 d 4 h`. */
export function span(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return "–";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A size in bytes: `1.2 MB`. */
export function size(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return "–";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit && value < 100 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** A number with as many digits as one reads: 0.9312, 1.2e-7, 12,345. */
export function number(value: number | null | undefined, language = "en"): string {
  if (value === null || value === undefined) return "–";
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e9)) return value.toExponential(3);
  return value.toLocaleString(language, { maximumSignificantDigits: Number.isInteger(value) ? 12 : 5 });
}

const GOOD = new Set(["completed", "succeeded", "healthy", "ready", "finished", "approved"]);
const BAD = new Set(["failed", "unhealthy", "error", "lost", "killed"]);
const WAITING = new Set(["queued", "notstarted", "scheduled", "pending", "paused"]);
const ENDED = new Set(["canceled", "cancelled", "cancelrequested", "stopped", "disabled", "deleted", "skipped"]);

export type Mood = "good" | "bad" | "waiting" | "ended" | "running" | "unknown";

export function moodOf(status: string | null | undefined): Mood {
  const word = (status ?? "").toLowerCase().replaceAll(/[\s_-]/g, "");
  if (!word || word === "unknown") return "unknown";
  if (GOOD.has(word)) return "good";
  if (BAD.has(word)) return "bad";
  if (WAITING.has(word)) return "waiting";
  return ENDED.has(word) ? "ended" : "running";
}

const MOODS = {
  good: { color: "success", icon: <CheckmarkCircle16Filled /> },
  bad: { color: "danger", icon: <DismissCircle16Filled /> },
  waiting: { color: "informative", icon: <Clock16Regular /> },
  running: { color: "brand", icon: <ArrowSync16Regular /> },
  ended: { color: "subtle", icon: <Prohibited16Regular /> },
  unknown: { color: "subtle", icon: <Question16Regular /> },
} as const;

/** A status in the server's word, with its colour and icon; `why` is told on hover. */
export function Status({ of, why }: { of: string | null | undefined; why?: string | null }) {
  const { t } = useTranslation();
  const { color, icon } = MOODS[moodOf(of)];
  const badge = (
    <Badge appearance="tint" color={color} icon={why && moodOf(of) !== "bad" ? <Warning16Filled /> : icon}>
      {t(of || "Unknown")}
    </Badge>
  );
  return why ? (
    <Tooltip content={why} relationship="description">
      {badge}
    </Tooltip>
  ) : (
    badge
  );
}

/** Facts in two columns; what is empty is left out. */
export function Facts({ of }: { of: [term: string, value: ReactNode][] }) {
  const styles = useStyles();
  return (
    <dl className={styles.facts}>
      {of
        .filter(([, value]) => value !== null && value !== undefined && value !== "")
        .map(([term, value]) => [
          <dt key={`${term}:`} className={styles.term}>
            {term}
          </dt>,
          <dd key={term} className={styles.value}>
            {value}
          </dd>,
        ])}
    </dl>
  );
}

/** Copies a text, and says so. */
export function CopyButton({ text, label }: { text: string; label?: string }) {
  const { t } = useTranslation();
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <Tooltip content={isCopied ? t("Copied") : (label ?? t("Copy"))} relationship="label">
      <Button
        size="small"
        appearance="subtle"
        icon={isCopied ? <Checkmark16Regular /> : <Copy16Regular />}
        onClick={copy}
      />
    </Tooltip>
  );
}

/** A text to be read and copied: commands, YAML, keys. */
export function Code({ text }: { text: string }) {
  const styles = useStyles();
  return (
    <pre className={styles.code}>
      {text}
      <span className={styles.copy}>
        <CopyButton text={text} />
      </span>
    </pre>
  );
}

/** A bordered part of a page, with a title. */
export function Card({ title, actions, children }: { title?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  const styles = useStyles();
  return (
    <section className={styles.card}>
      {title && (
        <h2 className={styles.cardHead}>
          {title}
          {actions && <span className={styles.beside}>{actions}</span>}
        </h2>
      )}
      {children}
    </section>
  );
}
