/** Chooses the columns of a table of jobs, and their order. */
import {
  Button,
  Checkbox,
  DrawerBody,
  DrawerFooter,
  DrawerHeader,
  DrawerHeaderTitle,
  Input,
  makeStyles,
  OverlayDrawer,
  Text,
  Tooltip,
  tokens,
} from "@fluentui/react-components";
import {
  ArrowDown16Regular,
  ArrowUp16Regular,
  Dismiss16Regular,
  Dismiss24Regular,
  ReOrderDotsVertical16Regular,
  Search16Regular,
} from "@fluentui/react-icons";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { FIELDS } from "@/pages/jobs/columns";
import { keyWord, type Words } from "@/pages/jobs/filter";
import { COLUMNS, columnName, isLogged } from "@/pages/jobs/view";

const useStyles = makeStyles({
  chosen: { listStyleType: "none", padding: 0, margin: "0 0 16px" },
  column: {
    display: "flex",
    alignItems: "center",
    gap: "4px",
    height: "32px",
    paddingLeft: "4px",
    borderRadius: tokens.borderRadiusSmall,
    ":hover": { backgroundColor: tokens.colorNeutralBackground1Hover },
  },
  target: { boxShadow: `inset 0 2px 0 ${tokens.colorBrandStroke1}` },
  name: { flex: 1, minWidth: 0, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  grip: { cursor: "grab", color: tokens.colorNeutralForeground3, flexShrink: 0 },
  group: { margin: "12px 0 4px", fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold },
  more: { color: tokens.colorNeutralForeground3 },
});

interface Props {
  isOpen: boolean;
  close: () => void;
  columns: string[];
  choose: (columns: string[]) => void;
  words: Words | undefined;
}

/** A list with one thing at another place. */
export function moved<T>(list: T[], from: number, to: number): T[] {
  const next = [...list];
  const [one] = next.splice(from, 1);
  if (one !== undefined) next.splice(Math.max(0, Math.min(to, next.length)), 0, one);
  return next;
}

const MOST = 100;

export function Chooser({ isOpen, close, columns, choose, words }: Props) {
  const styles = useStyles();
  const { t } = useTranslation();
  const [search, setSearch] = useState("");
  const nameOf = (column: string) => FIELDS[column]?.title(t) ?? columnName(column);
  const groups: [string, string[]][] = [
    [t("Job"), Object.keys(FIELDS)],
    [t("Metrics"), (words?.metrics ?? []).map(({ name }) => keyWord("metrics", name))],
    [t("Parameters"), (words?.params ?? []).map(({ name }) => keyWord("params", name))],
    [t("Tags"), (words?.tags ?? []).map(({ name }) => keyWord("tags", name))],
  ];
  const toggle = (column: string) =>
    choose(columns.includes(column) ? columns.filter((each) => each !== column) : [...columns, column]);
  return (
    <OverlayDrawer position="end" open={isOpen} onOpenChange={(_, { open }) => open || close()}>
      <DrawerHeader>
        <DrawerHeaderTitle
          action={
            <Tooltip content={t("Close")} relationship="label">
              <Button appearance="subtle" icon={<Dismiss24Regular />} onClick={close} />
            </Tooltip>
          }
        >
          {t("Columns")}
        </DrawerHeaderTitle>
      </DrawerHeader>
      <DrawerBody>
        <Chosen columns={columns} choose={choose} nameOf={nameOf} />
        <Input
          contentBefore={<Search16Regular />}
          placeholder={t("Search columns")}
          aria-label={t("Search columns")}
          value={search}
          onChange={(_, { value }) => setSearch(value)}
          style={{ width: "100%" }}
        />
        {groups.map(([title, all]) => {
          const found = all.filter((each) => nameOf(each).toLowerCase().includes(search.trim().toLowerCase()));
          if (!found.length) return null;
          return (
            <section key={title}>
              <h3 className={styles.group}>{title}</h3>
              {found.slice(0, MOST).map((column) => (
                <div key={column}>
                  <Checkbox
                    label={nameOf(column)}
                    checked={columns.includes(column)}
                    onChange={() => toggle(column)}
                    title={isLogged(column) ? column : undefined}
                  />
                </div>
              ))}
              {found.length > MOST && (
                <Text size={200} className={styles.more}>
                  {t("{{count}} more: search for them", { count: found.length - MOST })}
                </Text>
              )}
            </section>
          );
        })}
      </DrawerBody>
      <DrawerFooter>
        <Button onClick={() => choose(COLUMNS)}>{t("The usual columns")}</Button>
        <Button appearance="primary" onClick={close}>
          {t("Done")}
        </Button>
      </DrawerFooter>
    </OverlayDrawer>
  );
}

interface ChosenProps extends Pick<Props, "columns" | "choose"> {
  nameOf: (column: string) => string;
}

function Chosen({ columns, choose, nameOf }: ChosenProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const [dragged, setDragged] = useState(-1);
  const [over, setOver] = useState(-1);
  return (
    <ol className={styles.chosen} aria-label={t("Chosen columns, in their order")}>
      {columns.map((column, index) => (
        <li
          key={column}
          className={`${styles.column} ${over === index && dragged >= 0 ? styles.target : ""}`}
          draggable
          onDragStart={() => setDragged(index)}
          onDragEnd={() => setDragged(-1)}
          onDragOver={(event) => {
            event.preventDefault();
            setOver(index);
          }}
          onDrop={() => dragged >= 0 && choose(moved(columns, dragged, index))}
        >
          <ReOrderDotsVertical16Regular className={styles.grip} />
          <span className={styles.name} title={column}>
            {nameOf(column)}
          </span>
          <Tooltip content={t("{{name}}: up", { name: nameOf(column) })} relationship="label">
            <Button
              size="small"
              appearance="subtle"
              icon={<ArrowUp16Regular />}
              disabled={index === 0}
              onClick={() => choose(moved(columns, index, index - 1))}
            />
          </Tooltip>
          <Tooltip content={t("{{name}}: down", { name: nameOf(column) })} relationship="label">
            <Button
              size="small"
              appearance="subtle"
              icon={<ArrowDown16Regular />}
              disabled={index === columns.length - 1}
              onClick={() => choose(moved(columns, index, index + 1))}
            />
          </Tooltip>
          <Tooltip content={t("{{name}}: remove", { name: nameOf(column) })} relationship="label">
            <Button
              size="small"
              appearance="subtle"
              icon={<Dismiss16Regular />}
              disabled={columns.length === 1}
              onClick={() => choose(columns.filter((each) => each !== column))}
            />
          </Tooltip>
        </li>
      ))}
    </ol>
  );
}
