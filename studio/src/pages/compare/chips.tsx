/** The runs of a comparison as chips: by which the others are measured, taken out, others taken in. */
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Input,
  Menu,
  MenuButton,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { Add16Regular, Dismiss16Regular, Open16Regular, Search16Regular, Target16Regular } from "@fluentui/react-icons";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import type { Doc } from "@/api/client";
import { useGet, useWorkspace } from "@/api/workspace";
import { MOST_RUNS } from "@/pages/compare/comparison";
import type { Run } from "@/pages/compare/runs";
import { isFilter } from "@/pages/jobs/filter";
import { Asked } from "@/parts/asked";
import { Ago, Status } from "@/parts/said";
import { Table } from "@/parts/table";

const useStyles = makeStyles({
  chips: { display: "flex", gap: "8px", flexWrap: "wrap", alignItems: "center" },
  dot: { width: "10px", height: "10px", borderRadius: "50%", flexShrink: 0 },
  title: { maxWidth: "180px", overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  baseline: { color: tokens.colorNeutralForeground3, marginLeft: "6px", fontWeight: tokens.fontWeightRegular },
  table: { height: "360px", display: "flex", flexDirection: "column", marginTop: "8px" },
});

interface Props {
  runs: Run[];
  baseline: string;
  choose: (runs: string[]) => void;
  measureBy: (run: string) => void;
}

export function RunChips({ runs, baseline, choose, measureBy }: Props) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const [isAdding, setAdding] = useState(false);
  const names = runs.map(({ name }) => name);
  return (
    <div className={styles.chips}>
      {runs.map((run) => (
        <Menu key={run.name}>
          <MenuTrigger disableButtonEnhancement>
            <MenuButton
              size="small"
              shape="circular"
              title={`${run.title}\n${run.name}`}
              icon={<span className={styles.dot} style={{ backgroundColor: run.color }} />}
            >
              <span className={styles.title}>{run.title}</span>
              {run.name === baseline && runs.length > 1 && <span className={styles.baseline}>{t("baseline")}</span>}
            </MenuButton>
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              <MenuItem icon={<Open16Regular />} onClick={() => navigate(to("jobs", run.name))}>
                {t("Open")}
              </MenuItem>
              <MenuItem icon={<Target16Regular />} disabled={run.name === baseline} onClick={() => measureBy(run.name)}>
                {t("Measure the others by it")}
              </MenuItem>
              <MenuItem icon={<Dismiss16Regular />} onClick={() => choose(names.filter((name) => name !== run.name))}>
                {t("Take out")}
              </MenuItem>
            </MenuList>
          </MenuPopover>
        </Menu>
      ))}
      <Button size="small" shape="circular" icon={<Add16Regular />} onClick={() => setAdding(true)}>
        {t("Add runs")}
      </Button>
      {isAdding && <Adding names={names} close={() => setAdding(false)} choose={choose} />}
    </div>
  );
}

interface AddingProps {
  names: string[];
  close: () => void;
  choose: (runs: string[]) => void;
}

export function Adding({ names, close, choose }: AddingProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const [search, setSearch] = useState("");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(names));
  const query = { all: "true", limit: "200", ...(isFilter(search) ? { filter: search } : { text: search }) };
  const asked = useGet<Doc<"JobPage">>("/jobTable", { params: { query } }, { placeholderData: (before) => before });
  const apply = () => {
    choose([...names.filter((name) => chosen.has(name)), ...[...chosen].filter((name) => !names.includes(name))]);
    close();
  };
  return (
    <Dialog open onOpenChange={(_, { open }) => open || close()}>
      <DialogSurface style={{ maxWidth: 820 }}>
        <DialogBody>
          <DialogTitle>{t("Runs to compare")}</DialogTitle>
          <DialogContent>
            <Input
              autoFocus
              style={{ width: "100%" }}
              contentBefore={<Search16Regular />}
              placeholder={t("Search names, or filter")}
              aria-label={t("Search names, or filter")}
              value={search}
              onChange={(_, { value }) => setSearch(value)}
            />
            <div className={styles.table}>
              <Asked of={asked}>
                {({ rows }) => (
                  <Table
                    label={t("Runs to compare")}
                    rows={rows}
                    keyOf={({ name }) => name}
                    selected={chosen}
                    onSelect={setChosen}
                    columns={[
                      { key: "name", title: t("Name"), width: "minmax(180px, 2fr)", cell: (row) => row.displayName },
                      { key: "experiment", title: t("Experiment"), cell: (row) => row.experiment },
                      { key: "status", title: t("Status"), width: "136px", cell: (row) => <Status of={row.status} /> },
                      { key: "created", title: t("Created"), width: "124px", cell: (row) => <Ago at={row.created} /> },
                    ]}
                  />
                )}
              </Asked>
            </div>
          </DialogContent>
          <DialogActions>
            <Button onClick={close}>{t("Cancel")}</Button>
            <Button appearance="primary" disabled={chosen.size > MOST_RUNS} onClick={apply}>
              {chosen.size > MOST_RUNS
                ? t("At most {{most}} runs", { most: MOST_RUNS })
                : t("Compare {{count}}", { count: chosen.size })}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
