/** What was done to a job, and by whom: its journal. */
import { makeStyles, Text, tokens } from "@fluentui/react-components";
import { useTranslation } from "react-i18next";
import { type Entry, useJournal } from "@/pages/job/job";
import { Asked } from "@/parts/asked";
import { Status } from "@/parts/said";
import { type Column, Table } from "@/parts/table";

const useStyles = makeStyles({ detail: { color: tokens.colorNeutralForeground3, marginLeft: "8px" } });

const WORDS: Record<string, string> = {
  created: "Submitted",
  updated: "Updated",
  moved: "Went on",
  noted: "Noted",
  canceled: "Asked to cancel",
  "asked to cancel": "Asked to cancel",
  archived: "Archived",
  deleted: "Deleted",
};

/** What changed, in one line: `priority: low → high`. */
export function changesIn(detail: Record<string, unknown>): string {
  const changed = detail.changed;
  const told =
    changed && typeof changed === "object" ? (changed as Record<string, { from?: unknown; to?: unknown }>) : {};
  const lines = Object.entries(told).map(([word, { from, to }]) =>
    from === undefined && to === undefined ? word : `${word}: ${shown(from)} → ${shown(to)}`,
  );
  const others = Object.entries(detail).filter(([word]) => !["changed", "from", "to", "status"].includes(word));
  return [...lines, ...others.map(([word, value]) => `${word}: ${shown(value)}`)].join(", ");
}

/** The platform notes for itself what nobody needs to read. */
const saysSomething = ({ event, detail }: Entry) => event !== "noted" || Object.keys(detail).length > 0;

function shown(value: unknown): string {
  if (value === null || value === undefined || value === "") return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export default function Events({ name }: { name: string }) {
  const styles = useStyles();
  const { t, i18n } = useTranslation();
  const query = useJournal(name);
  const columns: Column<Entry>[] = [
    { key: "at", title: t("When"), width: "220px", cell: ({ at }) => new Date(at).toLocaleString(i18n.language) },
    { key: "by", title: t("Who"), width: "140px", cell: ({ by }) => by },
    { key: "event", title: t("What"), width: "150px", cell: ({ event }) => t(WORDS[event] ?? event) },
    {
      key: "detail",
      title: t("In detail"),
      width: "minmax(240px, 1fr)",
      cell: ({ event, detail }) => {
        const status = event === "created" ? detail.status : detail.to;
        const said = changesIn(detail);
        return (
          <>
            {typeof status === "string" && <Status of={status} />}
            {said && (
              <Text size={200} className={styles.detail} title={said}>
                {said}
              </Text>
            )}
          </>
        );
      },
    },
  ];
  return (
    <Asked of={query}>
      {({ value }) => (
        <Table
          label={t("Events")}
          columns={columns}
          rows={value.filter(saysSomething).toReversed()}
          keyOf={(entry) => `${entry.at} ${entry.event} ${value.indexOf(entry)}`}
        />
      )}
    </Asked>
  );
}
