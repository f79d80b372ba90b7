/** The columns of a table: what they are of, how much is missing, how their values are spread. */
import { MessageBar, MessageBarBody, makeStyles, Text, tokens } from "@fluentui/react-components";
import { useTranslation } from "react-i18next";
import type { Doc } from "@/api/client";
import { useRead } from "@/pages/assets/reads";
import { Asked } from "@/parts/asked";
import { Empty } from "@/parts/problem";
import { number, span } from "@/parts/said";
import { type Column, Table } from "@/parts/table";

type Profile = Doc<"Profile">;
type ColumnProfile = Doc<"ColumnProfile">;

const useStyles = makeStyles({
  bar: { padding: "8px 24px", color: tokens.colorNeutralForeground3 },
  bars: { width: "100%", height: "52px", display: "block" },
  bin: { fill: tokens.colorBrandBackground },
  top: { display: "grid", gridTemplateColumns: "minmax(0, 1fr) 52px", columnGap: "8px", lineHeight: "18px" },
  value: {
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
    padding: "0 4px",
    fontSize: tokens.fontSizeBase200,
  },
  count: { textAlign: "right", fontVariantNumeric: "tabular-nums", fontSize: tokens.fontSizeBase200 },
  quiet: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  name: { display: "grid", minWidth: 0 },
});

export function ProfileTab({ root }: { root: string }) {
  const styles = useStyles();
  const { t, i18n } = useTranslation();
  const query = useRead<Profile>(`${root}/profile`);
  const said = (value: unknown) => saidOf(value, i18n.language);
  const told = (key: "min" | "q1" | "median" | "q3" | "max" | "mean" | "std", title: string) => ({
    key,
    title,
    width: "minmax(84px, 104px)",
    align: "end" as const,
    cell: ({ kind, spread }: ColumnProfile) => {
      const value = spread?.[key];
      const text = /^date/.test(kind) && typeof value === "number" ? dateOf(value, key === "std") : said(value);
      return <span title={text}>{text}</span>;
    },
  });
  const columns: Column<ColumnProfile>[] = [
    {
      key: "name",
      title: t("Column"),
      width: "minmax(150px, 1.4fr)",
      cell: ({ name, type, kind }) => (
        <span className={styles.name} title={name}>
          <Text weight="semibold" truncate wrap={false}>
            {name}
          </Text>
          <span className={styles.quiet}>{type ?? t(kind)}</span>
        </span>
      ),
    },
    { key: "shape", title: t("Values"), width: "190px", cell: (row) => <Shape of={row} /> },
    {
      key: "missing",
      title: t("Missing"),
      width: "110px",
      align: "end",
      cell: ({ missing, count }) => `${said(missing)} (${percent(missing, missing + count)})`,
    },
    { key: "distinct", title: t("Distinct"), width: "90px", align: "end", cell: ({ distinct }) => said(distinct) },
    told("min", t("Min")),
    told("q1", t("25 %")),
    told("median", t("Median")),
    told("q3", t("75 %")),
    told("max", t("Max")),
    told("mean", t("Mean")),
    told("std", t("Std")),
  ];
  return (
    <Asked of={query}>
      {(found) => (
        <>
          <div className={styles.bar}>
            {found.isWhole
              ? t("Of all {{some}} rows", { some: said(found.rowsRead) })
              : t("Of the first {{some}} rows", { some: said(found.rowsRead) })}
            {" · "}
            {t("{{some}} columns", { some: found.totalColumns })}
          </div>
          {found.notes.map((note) => (
            <MessageBar key={note}>
              <MessageBarBody>{note}</MessageBarBody>
            </MessageBar>
          ))}
          <Table
            label={t("Profile")}
            columns={columns}
            rows={found.columns}
            rowHeight={68}
            keyOf={({ name }) => name}
            empty={<Empty title={t("There are no columns to profile")} hint={t("Only tables have a profile.")} />}
          />
        </>
      )}
    </Asked>
  );
}

export function saidOf(value: unknown, language: string): string {
  if (value === null || value === undefined) return "–";
  return typeof value === "number" ? number(value, language) : String(value);
}

/** Times are told in seconds since 1970: as a day, or a moment within it; how far they spread, as a span. */
export function dateOf(seconds: number, isSpan = false): string {
  if (isSpan) return span(seconds * 1000);
  const moment = new Date(seconds * 1000);
  if (Number.isNaN(moment.getTime())) return String(seconds);
  return seconds % 86_400 === 0
    ? moment.toISOString().slice(0, 10)
    : moment.toISOString().slice(0, 16).replace("T", " ");
}

export function percent(part: number, whole: number): string {
  if (!whole) return "0 %";
  const share = (100 * part) / whole;
  return part > 0 && share < 0.1 ? "< 0.1 %" : `${share.toFixed(share > 0 && share < 10 ? 1 : 0)} %`;
}

/** A histogram, or the values that come most often. */
function Shape({ of }: { of: ColumnProfile }) {
  const styles = useStyles();
  const { t, i18n } = useTranslation();
  if (of.histogram.length) {
    const most = Math.max(...of.histogram.map(({ count }) => count), 1);
    const width = 100 / of.histogram.length;
    const edge = (value: unknown) =>
      /^date/.test(of.kind) && typeof value === "number" ? dateOf(value) : saidOf(value, i18n.language);
    return (
      <svg
        className={styles.bars}
        viewBox="0 0 100 40"
        preserveAspectRatio="none"
        role="img"
        aria-label={t("Histogram of {{name}}", { name: of.name })}
      >
        {of.histogram.map(({ from, to, count }, index) => (
          <rect
            key={String(from)}
            className={styles.bin}
            x={index * width + width * 0.06}
            width={width * 0.88}
            y={40 - (38 * count) / most}
            height={(38 * count) / most}
          >
            <title>{`${edge(from)} – ${edge(to)}: ${count}`}</title>
          </rect>
        ))}
      </svg>
    );
  }
  const most = Math.max(...of.top.map(({ count }) => count), 1);
  return (
    <div>
      {of.top.slice(0, 3).map(({ value, count }) => {
        const share = `${(100 * count) / most}%`;
        return (
          <div key={String(value)} className={styles.top} title={`${value}: ${count}`}>
            <span
              className={styles.value}
              style={{
                background: `linear-gradient(to right, ${tokens.colorBrandBackground2} ${share}, transparent ${share})`,
              }}
            >
              {String(value)}
            </span>
            <span className={styles.count}>{saidOf(count, i18n.language)}</span>
          </div>
        );
      })}
    </div>
  );
}
