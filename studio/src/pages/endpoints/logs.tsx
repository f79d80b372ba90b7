/** What a deployment's processes write: live, of one instance or all, with search. */
import {
  Button,
  Input,
  makeStyles,
  mergeClasses,
  Select,
  Switch,
  Text,
  Tooltip,
  tokens,
} from "@fluentui/react-components";
import { ArrowDownload20Regular, Search16Regular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { useGet, useWorkspace } from "@/api/workspace";
import { Asked } from "@/parts/asked";
import { keep } from "@/parts/keep";
import { Empty } from "@/parts/problem";
import { CopyButton } from "@/parts/said";
import type { Instance, Listed } from "./reads";

const useStyles = makeStyles({
  head: { display: "flex", gap: "12px", alignItems: "center", padding: "12px 24px", flexWrap: "wrap" },
  log: {
    flex: 1,
    minHeight: 0,
    overflow: "auto",
    margin: "0 24px 24px",
    padding: "8px 0",
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground3,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
  },
  line: {
    position: "absolute",
    top: 0,
    left: 0,
    minWidth: "100%",
    padding: "0 12px",
    whiteSpace: "pre",
    lineHeight: "20px",
  },
  bad: { color: tokens.colorPaletteRedForeground1 },
  quiet: { color: tokens.colorNeutralForeground3 },
  found: { backgroundColor: tokens.colorPaletteYellowBackground2, color: tokens.colorNeutralForeground1 },
});

interface Props {
  kind: "online";
  endpoint: string;
  deployments: { name: string }[];
}

const LINES = 5000;

export default function Logs({ endpoint, deployments }: Props) {
  const { t } = useTranslation();
  const [query, setQuery] = useSearchParams();
  const name = query.get("deployment") ?? deployments[0]?.name ?? "";
  if (!deployments.length)
    return <Empty title={t("Nothing answers here yet")} hint={t("Logs begin with a deployment.")} />;
  return (
    <DeploymentLog
      key={name}
      endpoint={endpoint}
      deployment={name}
      choice={
        <Select
          aria-label={t("Deployment")}
          value={name}
          onChange={(_, { value }) => setQuery({ deployment: value }, { replace: true })}
        >
          {deployments.map((each) => (
            <option key={each.name}>{each.name}</option>
          ))}
        </Select>
      }
    />
  );
}

interface LogProps {
  endpoint: string;
  deployment: string;
  choice?: React.ReactNode;
}

/** The log of a deployment. */
export function DeploymentLog({ endpoint, deployment, choice }: LogProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { id, api } = useWorkspace();
  const [instance, setInstance] = useState("");
  const [word, setWord] = useState("");
  const [isLive, setLive] = useState(true);
  const path = { name: endpoint, version: deployment };
  const instances = useGet<Listed<Instance>>(
    "/onlineEndpoints/{name}/deployments/{version}/instances",
    { params: { path } },
    { refetchInterval: 10_000 },
  );
  const log = useQuery({
    queryKey: [id, "log", endpoint, deployment, instance],
    refetchInterval: isLive ? 3_000 : false,
    queryFn: async () => {
      const body = { containerType: "InferenceServer", tail: LINES, ...(instance && { instance }) };
      const answer = await api.POST("/onlineEndpoints/{name}/deployments/{version}/getLogs", {
        params: { path },
        body: body as never,
      });
      return (answer.data as unknown as { content: string }).content;
    },
  });
  const words: Record<Instance["of"], string> = {
    run: t("answers"),
    next: t("comes up"),
    last: t("ended"),
  };
  return (
    <>
      <div className={styles.head}>
        {choice}
        <Select aria-label={t("Instance")} value={instance} onChange={(_, { value }) => setInstance(value)}>
          <option value="">{t("All instances")}</option>
          {(instances.data?.value ?? []).map((each) => (
            <option key={`${each.of} ${each.name}`} value={each.name}>{`${each.name} · ${words[each.of]}`}</option>
          ))}
        </Select>
        <Input
          contentBefore={<Search16Regular />}
          placeholder={t("Search the log")}
          aria-label={t("Search the log")}
          value={word}
          onChange={(_, { value }) => setWord(value)}
        />
        <Switch label={t("Live")} checked={isLive} onChange={(_, { checked }) => setLive(checked)} />
        <span style={{ marginLeft: "auto" }}>
          <CopyButton text={log.data ?? ""} label={t("Copy the log")} />
          <Tooltip content={t("Download the log")} relationship="label">
            <Button
              size="small"
              appearance="subtle"
              icon={<ArrowDownload20Regular />}
              onClick={() => keep(`${endpoint}-${deployment}.log`, log.data ?? "")}
            />
          </Tooltip>
        </span>
      </div>
      <Asked of={log}>{(text) => <Lines text={text} word={word} isLive={isLive} />}</Asked>
    </>
  );
}

const BAD = /\b(error|exception|traceback|critical|fatal)\b/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours of terminals begin with one
const COLOURS = /\u001b\[[\d;]*[A-Za-z]/g;

function Lines({ text, word, isLive }: { text: string; word: string; isLive: boolean }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const lines = useMemo(() => {
    const all = text.replaceAll(COLOURS, "").replace(/\n$/, "").split("\n");
    const wanted = word.toLowerCase();
    return wanted ? all.filter((line) => line.toLowerCase().includes(wanted)) : all;
  }, [text, word]);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => 20,
    overscan: 30,
  });
  useEffect(() => {
    if (isLive && isAtEnd.current && lines.length) virtual.scrollToIndex(lines.length - 1);
  }, [lines, isLive, virtual]);
  if (!text)
    return (
      <Empty
        title={t("Nothing was written yet")}
        hint={t("What the script prints or logs appears here while it runs.")}
      />
    );
  const scrolled = () => {
    const it = box.current;
    if (it) isAtEnd.current = it.scrollHeight - it.scrollTop - it.clientHeight < 40;
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard
    <div ref={box} className={styles.log} onScroll={scrolled} role="log" aria-label={t("Log")} tabIndex={0}>
      {word && !lines.length && (
        <Text size={200} className={styles.quiet} style={{ padding: "0 12px" }}>
          {t("No line has these words.")}
        </Text>
      )}
      <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const line = lines[index] ?? "";
          return (
            <div
              key={index}
              className={mergeClasses(styles.line, BAD.test(line) && styles.bad)}
              style={{ transform: `translateY(${start}px)` }}
            >
              <Marked line={line} word={word} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Marked({ line, word }: { line: string; word: string }) {
  const styles = useStyles();
  const at = word ? line.toLowerCase().indexOf(word.toLowerCase()) : -1;
  if (at < 0) return <>{line || " "}</>;
  return (
    <>
      {line.slice(0, at)}
      <mark className={styles.found}>{line.slice(at, at + word.length)}</mark>
      {line.slice(at + word.length)}
    </>
  );
}
