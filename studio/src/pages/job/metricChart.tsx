/** One metric: its curve, what it comes to, and how to take it along. */
import {
  Button,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  Text,
  Tooltip,
  tokens,
} from "@fluentui/react-components";
import {
  ArrowDownload16Regular,
  ArrowMaximize16Regular,
  ArrowMinimize16Regular,
  MoreHorizontal16Regular,
  Pin16Filled,
  Pin16Regular,
} from "@fluentui/react-icons";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "@/api/problem";
import { type Summary, useCurve } from "@/pages/job/curves";
import type { View } from "@/pages/job/metrics";
import { Loading } from "@/parts/asked";
import { Curves, readyCurves, type Zoom } from "@/parts/curves";
import { keep } from "@/parts/keep";
import { ProblemView } from "@/parts/problem";
import { number } from "@/parts/said";
import { csvOf } from "@/parts/smooth";

const useStyles = makeStyles({
  chart: {
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusLarge,
    padding: "8px 12px",
    minWidth: 0,
  },
  wide: { gridColumn: "1 / -1" },
  head: { display: "flex", alignItems: "center", gap: "4px", minHeight: "32px" },
  title: { margin: 0, flex: 1, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  one: { height: "236px", display: "grid", placeContent: "center", justifyItems: "center", gap: "4px" },
  facts: { color: tokens.colorNeutralForeground3, fontVariantNumeric: "tabular-nums" },
});

interface Props {
  name: string;
  summary: Summary;
  view: View;
  zoom: Zoom | null;
  onZoom: (zoom: Zoom | null) => void;
  isPinned: boolean;
  pin: () => void;
}

export function MetricChart({ name, summary, view, zoom, onZoom, isPinned, pin }: Props) {
  const styles = useStyles();
  const { t, i18n } = useTranslation();
  const { key } = summary;
  const [box, isSeen] = useSeen();
  const [isWide, setWide] = useState(false);
  const picture = useRef<() => Promise<Blob | null>>(undefined);
  const isOne = summary.count === 1;
  useEffect(() => void readyCurves(), []);
  const curve = useCurve(name, key, view.axis, zoom, summary.firstTime, isSeen && !isOne);
  const curves = useMemo(() => (curve.data ? [{ ...curve.data, label: key }] : []), [curve.data, key]);
  const told = (value: number | string | null) =>
    typeof value === "number" ? number(value, i18n.language) : (value ?? "–");
  const file = key.replaceAll(/[^\w.-]+/g, "_");
  const save = async () => {
    const blob = await picture.current?.();
    if (blob) keep(`${file}.png`, blob);
  };
  const setPicture = useCallback((make: () => Promise<Blob | null>) => {
    picture.current = make;
  }, []);
  return (
    <section ref={box} className={`${styles.chart} ${isWide ? styles.wide : ""}`} aria-label={key}>
      <div className={styles.head}>
        <Text as="h3" weight="semibold" className={styles.title} title={key}>
          {key}
        </Text>
        <Tooltip content={isPinned ? t("Unpin") : t("Pin to the top")} relationship="label">
          <Button size="small" appearance="subtle" icon={isPinned ? <Pin16Filled /> : <Pin16Regular />} onClick={pin} />
        </Tooltip>
        <Tooltip content={isWide ? t("Smaller") : t("Larger")} relationship="label">
          <Button
            size="small"
            appearance="subtle"
            icon={isWide ? <ArrowMinimize16Regular /> : <ArrowMaximize16Regular />}
            onClick={() => setWide(!isWide)}
          />
        </Tooltip>
        <Menu>
          <MenuTrigger disableButtonEnhancement>
            <Tooltip content={t("Download")} relationship="label">
              <Button size="small" appearance="subtle" icon={<MoreHorizontal16Regular />} />
            </Tooltip>
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              <MenuItem
                icon={<ArrowDownload16Regular />}
                onClick={() => keep(`${file}.csv`, csvOf(curves))}
                disabled={!curves.length}
              >
                {t("Download CSV")}
              </MenuItem>
              <MenuItem icon={<ArrowDownload16Regular />} onClick={() => void save()} disabled={!curves.length}>
                {t("Download PNG")}
              </MenuItem>
            </MenuList>
          </MenuPopover>
        </Menu>
      </div>
      {isOne ? (
        <div className={styles.one}>
          <Text size={800}>{told(summary.last)}</Text>
          <Text size={200} className={styles.facts}>
            {t("One value, at step {{step}}", { step: summary.lastStep })}
          </Text>
        </div>
      ) : curve.isError ? (
        <ProblemView problem={asProblem(curve.error)} retry={() => curve.refetch()} />
      ) : curves.length ? (
        <Curves
          label={t("{{metric}}: last {{last}}, least {{min}}, greatest {{max}}", {
            metric: key,
            last: told(summary.last),
            min: told(summary.min),
            max: told(summary.max),
          })}
          curves={curves}
          axis={view.axis}
          smoothing={view.smoothing}
          isLog={view.isLog}
          height={isWide ? 420 : 220}
          sync={`metrics of ${name}`}
          window={zoom}
          onZoom={onZoom}
          onPicture={setPicture}
        />
      ) : (
        <div style={{ height: 220 }}>
          <Loading lines={4} />
        </div>
      )}
      {!isOne && (
        <Text size={200} className={styles.facts}>
          {t("least {{min}} · greatest {{max}} · {{count}} points", {
            min: told(summary.min),
            max: told(summary.max),
            count: summary.count.toLocaleString(i18n.language) as never,
          })}
        </Text>
      )}
    </section>
  );
}

/** Whether something was ever in sight: what lies far below is not fetched. */
function useSeen(): [React.RefObject<HTMLElement | null>, boolean] {
  const box = useRef<HTMLElement>(null);
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    const watch = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setSeen(true);
      },
      { rootMargin: "400px" },
    );
    if (box.current) watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  return [box, isSeen];
}
