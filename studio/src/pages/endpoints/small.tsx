/** Small pictures and links of endpoints: shares of traffic, requests of late, models. */
import { makeStyles, Tooltip, tokens } from "@fluentui/react-components";
import { useTranslation } from "react-i18next";
import { useWorkspace } from "@/api/workspace";
import { CopyButton, number, PageLink } from "@/parts/said";
import { SERIES } from "@/shell/theme";
import { isAnonymous, named, useAsked } from "./reads";
import type { Shares } from "./shares";
import { sketch, totals } from "./spans";

const useStyles = makeStyles({
  bar: {
    display: "flex",
    height: "16px",
    borderRadius: tokens.borderRadiusSmall,
    overflow: "hidden",
    gap: "1px",
    backgroundColor: tokens.colorNeutralBackground5,
  },
  part: {
    display: "flex",
    alignItems: "center",
    justifyContent: "center",
    color: "black", // on every colour of a series, in either appearance
    fontSize: tokens.fontSizeBase100,
    overflow: "hidden",
    whiteSpace: "nowrap",
    minWidth: "2px",
  },
  quiet: { color: tokens.colorNeutralForeground3 },
  asked: { display: "inline-flex", alignItems: "center", gap: "8px", justifyContent: "flex-end" },
  bars: { display: "inline-flex", alignItems: "flex-end", gap: "1px", height: "18px" },
  address: { display: "flex", alignItems: "center", gap: "4px", minWidth: 0 },
  long: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap", minWidth: 0 },
});

/** The colour of a deployment: the same wherever the endpoint's deployments stand in the same order. */
export const colourOf = (names: string[], name: string) => SERIES[Math.max(0, names.indexOf(name)) % SERIES.length];

/** How traffic is shared out, as one bar. */
export function TrafficBar({ shares, order }: { shares: Shares; order?: string[] }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const names = order ?? Object.keys(shares).sort();
  const said = names.filter((name) => shares[name]);
  const text = said.map((name) => `${name} ${shares[name]} %`).join(", ");
  if (!said.length) return <span className={styles.quiet}>{t("No traffic")}</span>;
  return (
    <Tooltip content={text} relationship="label">
      <div className={styles.bar} role="img" tabIndex={-1}>
        {said.map((name) => (
          <span
            key={name}
            className={styles.part}
            style={{ width: `${shares[name]}%`, backgroundColor: colourOf(names, name) }}
          >
            {(shares[name] ?? 0) >= 30 ? `${name} ${shares[name]} %` : ""}
          </span>
        ))}
      </div>
    </Tooltip>
  );
}

const PARTS = 20;

/** The requests of the last hour: how many, and a small picture of when. */
export function Lately({ name }: { name: string }) {
  const styles = useStyles();
  const { t, i18n } = useTranslation();
  const asked = useAsked(name, 60, 60, 30_000);
  if (!asked.data) return <span className={styles.quiet}>–</span>;
  const { count, failed } = totals(asked.data);
  const now = Date.now();
  const parts = sketch(asked.data, now - 3_600_000, now, PARTS);
  const most = Math.max(1, ...parts);
  const told = t("{{count}} requests in the last hour, {{failed}} failed", {
    count: count.toLocaleString(i18n.language) as never,
    failed,
  });
  return (
    <Tooltip content={told} relationship="label">
      <span className={styles.asked}>
        <span className={styles.bars} aria-hidden>
          {parts.map((part, index) => (
            <span
              // biome-ignore lint/suspicious/noArrayIndexKey: the parts never change places
              key={index}
              style={{
                width: 3,
                height: Math.max(1, (part / most) * 18),
                backgroundColor: part ? tokens.colorBrandBackground : tokens.colorNeutralStroke2,
              }}
            />
          ))}
        </span>
        {number(count, i18n.language)}
      </span>
    </Tooltip>
  );
}

/** An address that can be copied. */
export function Address({ of }: { of: string | undefined }) {
  const styles = useStyles();
  if (!of) return <>–</>;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a click on the button is not one on the row around it
    <span className={styles.address} onClick={(event) => event.stopPropagation()}>
      <span className={styles.long} title={of}>
        {of}
      </span>
      <CopyButton text={of} />
    </span>
  );
}

/** An asset by its id, as a link to its page; what was written in place has no name. */
export function AssetLink({
  of,
  page,
}: {
  of: string | { assetId?: string } | undefined;
  page: "models" | "environments";
}) {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const found = named(of);
  if (!found) return <>{(typeof of === "object" ? of.assetId : of) || "–"}</>;
  const text = isAnonymous(found.name) ? t("Written in place") : `${found.name}:${found.version}`;
  return <PageLink to={to(page, found.name, found.version)}>{text}</PageLink>;
}

/** The word for how callers show who they are. */
export function useAuthWord() {
  const { t } = useTranslation();
  const words: Record<string, string> = { Key: t("Key"), AMLToken: t("Token"), AADToken: t("Token of the user") };
  return (mode: string | undefined) => words[mode ?? ""] ?? mode ?? "–";
}
