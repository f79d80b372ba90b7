import {
  Dialog,
  DialogSurface,
  Input,
  makeStyles,
  mergeClasses,
  Spinner,
  Text,
  tokens,
} from "@fluentui/react-components";
import { Search20Regular } from "@fluentui/react-icons";
import { keepPreviousData } from "@tanstack/react-query";
import { type KeyboardEvent, useDeferredValue, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { placeOf, type Thing } from "@/api/places";
import { useGet, useWorkspace } from "@/api/workspace";
import { ago } from "@/parts/said";

interface Found extends Thing {
  label: string;
  detail: string;
  at: number;
}

interface Entry {
  key: string;
  /** What kind of thing it is, in the user's language. */
  kind: string;
  label: string;
  detail: string;
  at?: number;
  to: string;
}

const useStyles = makeStyles({
  surface: { padding: 0, maxWidth: "640px", top: "12vh", margin: "0 auto", inset: "12vh 0 auto 0", overflow: "hidden" },
  input: { width: "100%", border: "none", borderRadius: 0, "::after": { display: "none" } },
  list: {
    listStyleType: "none",
    margin: 0,
    padding: "4px",
    maxHeight: "52vh",
    overflow: "auto",
    borderTop: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  entry: {
    display: "grid",
    gridTemplateColumns: "112px minmax(0, 1fr) auto",
    gap: "12px",
    alignItems: "baseline",
    padding: "8px 12px",
    borderRadius: tokens.borderRadiusMedium,
    cursor: "pointer",
  },
  chosen: { backgroundColor: tokens.colorNeutralBackground1Selected },
  soft: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  cut: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  hint: { padding: "16px", color: tokens.colorNeutralForeground3 },
});

const PAGES: [text: string, parts: string[]][] = [
  ["Home", []],
  ["New job", ["new"]],
  ["New sweep", ["new", "sweep"]],
  ["Jobs", ["jobs"]],
  ["Data", ["data"]],
  ["Pipelines", ["pipelines"]],
  ["Components", ["components"]],
  ["Environments", ["environments"]],
  ["Models", ["models"]],
  ["Endpoints", ["endpoints"]],
  ["Deploy a model", ["endpoints", "new"]],
  ["Compute", ["compute"]],
  ["Datastores", ["datastores"]],
  ["Workspace settings", ["settings"]],
];

const KINDS: Record<string, string> = {
  job: "Job",
  experiment: "Experiment",
  data: "Data",
  model: "Model",
  environment: "Environment",
  component: "Component",
  "online-endpoint": "Endpoint",
  "online-deployment": "Deployment",
  "batch-endpoint": "Batch endpoint",
  "batch-deployment": "Deployment",
  compute: "Compute",
  datastore: "Datastore",
  schedule: "Schedule",
};

/** The palette: pages and things by name, chosen with the arrows and Enter. */
export default function Palette({ close }: { close: () => void }) {
  const { t, i18n } = useTranslation();
  const styles = useStyles();
  const navigate = useNavigate();
  const { to } = useWorkspace();
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const asked = useDeferredValue(text.trim());
  const query = { params: { query: { text: asked } } };
  const found = useGet<{ value: Found[] }>("/search", query, {
    enabled: asked !== "",
    placeholderData: keepPreviousData,
  });
  const pages = PAGES.map(([word, parts]) => ({
    key: word,
    kind: t("Page"),
    label: t(word),
    detail: "",
    to: to(...parts),
  }));
  const things = (asked ? (found.data?.value ?? []) : []).flatMap((each): Entry[] => {
    const place = placeOf(each, to);
    if (!place) return [];
    const label = each.version ? `${each.label}:${each.version}` : each.label;
    const detail = [each.label === each.name ? "" : each.name, each.detail].filter(Boolean).join(" · ");
    return [
      {
        ...each,
        key: `${each.kind} ${each.within} ${each.name}`,
        kind: t(KINDS[each.kind] ?? each.kind),
        label,
        detail,
        to: place,
      },
    ];
  });
  const entries: Entry[] = [
    ...pages.filter((page) => page.label.toLowerCase().includes(asked.toLowerCase())),
    ...things,
  ];
  const at = Math.min(chosen, Math.max(0, entries.length - 1));
  useEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: "nearest" });
  }, [at]);
  const open = (entry: Entry | undefined) => {
    if (!entry) return;
    close();
    navigate(entry.to);
  };
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      setChosen((at + step + entries.length) % Math.max(1, entries.length));
    } else if (event.key === "Enter") open(entries[at]);
  };
  return (
    <Dialog open onOpenChange={(_, said) => said.open || close()}>
      <DialogSurface className={styles.surface} aria-label={t("Search")}>
        <Input
          autoFocus
          size="large"
          className={styles.input}
          contentBefore={found.isFetching ? <Spinner size="tiny" /> : <Search20Regular />}
          placeholder={t("Jobs, data, models, endpoints, pages…")}
          aria-label={t("Search")}
          role="combobox"
          aria-expanded
          aria-controls="found"
          aria-activedescendant={entries[at] ? `found-${at}` : undefined}
          value={text}
          onChange={(_, { value }) => {
            setText(value);
            setChosen(0);
          }}
          onKeyDown={press}
        />
        <div ref={list} id="found" role="listbox" aria-label={t("Found")} className={styles.list}>
          {entries.map((entry, index) => (
            <div
              key={entry.key}
              id={`found-${index}`}
              role="option"
              aria-selected={index === at}
              className={mergeClasses(styles.entry, index === at && styles.chosen)}
              onMouseMove={() => setChosen(index)}
              onClick={() => open(entry)}
            >
              <span className={styles.soft}>{entry.kind}</span>
              <span className={styles.cut}>
                {entry.label} {entry.detail && <span className={styles.soft}>{entry.detail}</span>}
              </span>
              <span className={styles.soft}>{entry.at ? ago(new Date(entry.at), i18n.language) : ""}</span>
            </div>
          ))}
        </div>
        {entries.length === 0 && !found.isFetching && (
          <Text as="p" className={styles.hint}>
            {t("Nothing here is called so.")}
          </Text>
        )}
      </DialogSurface>
    </Dialog>
  );
}
