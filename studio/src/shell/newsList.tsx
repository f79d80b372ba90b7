import {
  makeStyles,
  Popover,
  PopoverSurface,
  type PositioningVirtualElement,
  Text,
  tokens,
} from "@fluentui/react-components";
import { useTranslation } from "react-i18next";
import type { Happening } from "@/api/live";
import { useWorkspace } from "@/api/workspace";
import { Ago, PageLink, Status } from "@/parts/said";
import { addressOf, nameOf } from "@/shell/news";

const useStyles = makeStyles({
  surface: { width: "360px", padding: 0 },
  head: { padding: "12px 16px 8px" },
  list: { listStyleType: "none", margin: 0, padding: "0 0 8px", maxHeight: "50vh", overflow: "auto" },
  entry: { display: "grid", gridTemplateColumns: "minmax(0, 1fr) auto", gap: "4px 12px", padding: "8px 16px" },
  name: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  soft: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  none: { padding: "8px 16px 20px", color: tokens.colorNeutralForeground3 },
});

interface Props {
  news: Happening[];
  /** What it opens beside. */
  target: PositioningVirtualElement | null;
  close: () => void;
}

/** The news, newest first. */
export default function NewsList({ news, target, close }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  const workspace = useWorkspace();
  return (
    <Popover
      open
      onOpenChange={(_, { open }) => open || close()}
      positioning={{ target, position: "below", align: "end" }}
    >
      <PopoverSurface className={styles.surface} aria-label={t("Notifications")}>
        <Text as="h2" block weight="semibold" size={400} className={styles.head}>
          {t("Notifications")}
        </Text>
        {news.length === 0 && (
          <Text as="p" className={styles.none}>
            {t("What ends while you look elsewhere is told here.")}
          </Text>
        )}
        <ul className={styles.list}>
          {news.map((each) => (
            <li key={`${each.kind} ${each.name} ${each.deployment} ${each.at}`} className={styles.entry}>
              <span className={styles.name}>
                <PageLink to={addressOf(each, workspace)}>{nameOf(each)}</PageLink>
              </span>
              <Status of={each.status} />
              <span className={styles.soft}>
                <Ago at={each.at} />
              </span>
            </li>
          ))}
        </ul>
      </PopoverSurface>
    </Popover>
  );
}
