/** The code a job runs: a folder of this machine, uploaded; the snapshot of an earlier job; or a place that is written. */
import {
  Button,
  Combobox,
  Input,
  Link,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  mergeClasses,
  Option,
  ProgressBar,
  Text,
  tokens,
} from "@fluentui/react-components";
import { ArrowUpload16Regular, FolderOpen16Regular, History16Regular } from "@fluentui/react-icons";
import { type DragEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "@/api/problem";
import { useGet, useWorkspace } from "@/api/workspace";
import { Labelled, Remove } from "@/pages/author/fields";
import { useSaid, useTyped } from "@/pages/author/form";
import type { Path } from "@/pages/author/schema";
import { type Picked, pickedOf, upload } from "@/pages/author/upload";
import { size } from "@/parts/said";

const useStyles = makeStyles({
  drop: {
    display: "grid",
    gap: "8px",
    padding: "10px 12px",
    border: `1px dashed ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  over: { backgroundColor: tokens.colorBrandBackground2, border: `1px dashed ${tokens.colorBrandStroke1}` },
  line: { display: "flex", gap: "8px", alignItems: "center", flexWrap: "wrap" },
  quiet: { color: tokens.colorNeutralForeground3 },
});

export function CodeField({ path, label }: { path: Path; label: string }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const workspace = useWorkspace();
  const { value, set } = useSaid(path);
  const [state, setState] = useState<{ sent: number; total: number } | null>(null);
  const [told, setTold] = useState("");
  const [isOver, setOver] = useState(false);
  const [isChoosing, setChoosing] = useState(false);
  const folder = useRef<HTMLInputElement>(null);
  const files = useRef<HTMLInputElement>(null);
  const said = String(value ?? "");
  const [text, type] = useTyped(said, (typed) => set(typed.trim() || undefined, ""));
  const send = async (name: string, picked: Picked[]) => {
    setState({ sent: 0, total: picked.length });
    setTold("");
    try {
      const made = await upload(workspace, name, picked, (sent, total) => setState({ sent, total }));
      const facts = t("{{name}}: {{count}} files, {{size}}", {
        name: made.name,
        count: made.count,
        size: size(made.bytes),
      });
      set(made.reference, facts);
      setTold(facts);
    } catch (error) {
      const problem = asProblem(error);
      setTold(`${problem.message} ${problem.mend}`.trim());
    } finally {
      setState(null);
    }
  };
  const chosen = (list: FileList | null) => {
    const { name, picked } = pickedOf(list ?? []);
    if (picked.length) void send(name, picked);
  };
  const drop = async (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const { name, picked } = await dropped(event.dataTransfer);
    if (picked.length) void send(name, picked);
  };
  return (
    <Labelled path={path} label={label}>
      <div
        role="group"
        className={mergeClasses(styles.drop, isOver && styles.over)}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <div className={styles.line}>
          <Menu>
            <MenuTrigger>
              <Button size="small" icon={<ArrowUpload16Regular />} disabled={state !== null}>
                {t("Upload")}
              </Button>
            </MenuTrigger>
            <MenuPopover>
              <MenuList>
                <MenuItem icon={<FolderOpen16Regular />} onClick={() => folder.current?.click()}>
                  {t("A folder")}
                </MenuItem>
                <MenuItem icon={<ArrowUpload16Regular />} onClick={() => files.current?.click()}>
                  {t("Files")}
                </MenuItem>
              </MenuList>
            </MenuPopover>
          </Menu>
          <Button size="small" icon={<History16Regular />} onClick={() => setChoosing(!isChoosing)}>
            {t("From a job")}
          </Button>
          <Text size={200} className={styles.quiet}>
            {t("or drop a folder here")}
          </Text>
        </div>
        {isChoosing && (
          <Snapshots
            choose={(code, job) => {
              set(code, t("of {{job}}", { job }));
              setChoosing(false);
            }}
          />
        )}
        {state && (
          <div>
            <ProgressBar value={state.total ? state.sent / state.total : undefined} />
            <Text size={200}>{t("{{sent}} of {{total}} files", state)}</Text>
          </div>
        )}
        {said && (
          <div className={styles.line} style={{ flexWrap: "nowrap" }}>
            <Input
              size="small"
              aria-label={label}
              value={text}
              onChange={(_, data) => type(data.value)}
              style={{ flex: 1, minWidth: 0 }}
            />
            <Remove name={label} act={() => set(undefined)} />
          </div>
        )}
        {!said && !state && (
          <Link as="button" onClick={() => set("git+https://")}>
            {t("Name a git repository or a place on a datastore")}
          </Link>
        )}
        {told && <Text size={200}>{told}</Text>}
        <input
          ref={folder}
          type="file"
          hidden
          multiple
          aria-label={t("A folder")}
          {...{ webkitdirectory: "" }}
          onChange={(event) => chosen(event.target.files)}
        />
        <input
          ref={files}
          type="file"
          hidden
          multiple
          aria-label={t("Files")}
          onChange={(event) => chosen(event.target.files)}
        />
      </div>
    </Labelled>
  );
}

interface WithCode {
  name: string;
  properties: { displayName?: string; codeId?: string; trial?: { codeId?: string } };
}

function Snapshots({ choose }: { choose: (code: string, job: string) => void }) {
  const { t } = useTranslation();
  const { data } = useGet<{ value: WithCode[] }>("/jobs", { params: { query: { $top: "100" } } });
  const jobs = (data?.value ?? []).flatMap(({ name, properties }) => {
    const code = properties.codeId ?? properties.trial?.codeId;
    const found = /\/codes\/([^/]+)\/versions\/([^/]+)$/.exec(code ?? "");
    return found ? [{ name, title: properties.displayName ?? name, code: `azureml:${found[1]}:${found[2]}` }] : [];
  });
  return (
    <Combobox
      aria-label={t("A job whose code is run again")}
      placeholder={data && jobs.length === 0 ? t("No job here has code") : t("Choose a job")}
      onOptionSelect={(_, { optionValue }) => {
        const job = jobs.find(({ name }) => name === optionValue);
        if (job) choose(job.code, job.name);
      }}
    >
      {jobs.map(({ name, title }) => (
        <Option key={name} value={name} text={name}>
          {title === name ? name : `${title} · ${name}`}
        </Option>
      ))}
    </Combobox>
  );
}

/** All files of what was dropped, of folders in folders as well. */
async function dropped(transfer: DataTransfer): Promise<{ name: string; picked: Picked[] }> {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const [only] = entries;
  const isFolder = entries.length === 1 && only?.isDirectory;
  const found = (await Promise.all(entries.map((entry) => filesIn(entry, "")))).flat();
  const picked = isFolder ? found.map(({ path, file }) => ({ file, path: path.slice(path.indexOf("/") + 1) })) : found;
  return { name: only?.name ?? "", picked };
}

async function filesIn(entry: FileSystemEntry, above: string): Promise<Picked[]> {
  const path = above ? `${above}/${entry.name}` : entry.name;
  if (entry.isFile) {
    const file = await new Promise<File>((done, fail) => (entry as FileSystemFileEntry).file(done, fail));
    return [{ path, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: Picked[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
    if (some.length === 0) return found;
    found.push(...(await Promise.all(some.map((each) => filesIn(each, path)))).flat());
  }
}
