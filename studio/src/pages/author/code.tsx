/** The code a job runs: a folder of this machine, uploaded; the snapshot of an earlier job; or a place that is written. */
import { Button, Combobox, Input, Link, makeStyles, Option, ProgressBar, Text } from "@fluentui/react-components";
import { History20Regular } from "@fluentui/react-icons";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "@/api/problem";
import { useGet, useWorkspace } from "@/api/workspace";
import { PickFiles } from "@/pages/assets/pick";
import { Labelled, Remove } from "@/pages/author/fields";
import { useSaid, useTyped } from "@/pages/author/form";
import type { Path } from "@/pages/author/schema";
import { type Picked, upload } from "@/pages/author/upload";
import { size } from "@/parts/said";

const useStyles = makeStyles({
  line: { display: "flex", gap: "8px", alignItems: "center", flexWrap: "wrap" },
});

export function CodeField({ path, label }: { path: Path; label: string }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const workspace = useWorkspace();
  const { value, set } = useSaid(path);
  const [state, setState] = useState<{ sent: number; total: number } | null>(null);
  const [told, setTold] = useState("");
  const [isChoosing, setChoosing] = useState(false);
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
  return (
    <Labelled path={path} label={label}>
      <PickFiles
        isSmall
        disabled={state !== null}
        take={({ name, picked }) => void send(name, picked)}
        beside={
          <Button size="small" icon={<History20Regular />} onClick={() => setChoosing(!isChoosing)}>
            {t("From a job")}
          </Button>
        }
      >
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
      </PickFiles>
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
