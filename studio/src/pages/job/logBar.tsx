/** What one does with a text: search it, wrap it, follow it, take it along. */
import { Button, makeStyles, SearchBox, Text, ToggleButton, Tooltip, tokens } from "@fluentui/react-components";
import {
  ArrowDown16Regular,
  ArrowDownload16Regular,
  ArrowUp16Regular,
  ChevronDoubleDown16Regular,
  ChevronDoubleUp16Regular,
  TextWrap16Regular,
} from "@fluentui/react-icons";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useWorkspace } from "@/api/workspace";
import { findIn, type Match } from "@/pages/job/files";
import { size as sized } from "@/parts/said";
import { useTellProblem } from "@/shell/told";

const useStyles = makeStyles({
  bar: {
    display: "flex",
    alignItems: "center",
    gap: "4px",
    padding: "6px 12px",
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    flexWrap: "wrap",
  },
  name: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap", flex: 1, minWidth: "60px" },
  search: { width: "170px" },
  count: { whiteSpace: "nowrap", color: tokens.colorNeutralForeground3, fontVariantNumeric: "tabular-nums" },
  regex: { fontFamily: tokens.fontFamilyMonospace, minWidth: "28px", padding: "0 4px" },
});

const PAGE = 500;

interface Props {
  root: string;
  path: string;
  size: number;
  go: (at: number) => void;
  toEnd: () => void;
  onMarks: (marks: RegExp | null) => void;
  isWrapped: boolean;
  wrap: (isWrapped: boolean) => void;
  /** Null where nothing grows. */
  follows: boolean | null;
  follow: (follows: boolean) => void;
  download: () => void;
}

/** What a search marks in the lines; null where nothing is looked for, or it is no expression. */
export function marksOf(text: string, isRegex: boolean): RegExp | null {
  if (!text) return null;
  try {
    return new RegExp(isRegex ? text : text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"), "gi");
  } catch {
    return null;
  }
}

export function LogBar({ root, path, size, go, toEnd, onMarks, isWrapped, wrap, follows, follow, download }: Props) {
  const styles = useStyles();
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [isRegex, setRegex] = useState(false);
  const search = useSearch(root, path, go);
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const pressed = (event: globalThis.KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key !== "f" || event.shiftKey) return;
      event.preventDefault();
      box.current?.focus();
      box.current?.select();
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);
  useEffect(() => onMarks(marksOf(text, isRegex)), [text, isRegex, onMarks]);
  const pressed = ({ key, shiftKey }: KeyboardEvent) => {
    if (key === "Enter") void search.step(text, isRegex, shiftKey ? -1 : 1);
  };
  return (
    <div className={styles.bar}>
      <Text className={styles.name} title={path} weight="semibold">
        {path}
      </Text>
      <Text size={200} className={styles.count}>
        {sized(size)}
      </Text>
      <SearchBox
        ref={box}
        size="small"
        className={styles.search}
        placeholder={t("Find in the text")}
        aria-label={t("Find in the text")}
        value={text}
        onChange={(_, { value }) => setText(value)}
        onKeyDown={pressed}
      />
      <Tooltip content={t("Regular expression")} relationship="label">
        <ToggleButton
          size="small"
          appearance="subtle"
          className={styles.regex}
          checked={isRegex}
          onClick={() => setRegex(!isRegex)}
        >
          .*
        </ToggleButton>
      </Tooltip>
      <Text size={200} className={styles.count} aria-live="polite">
        {search.told}
      </Text>
      <Tooltip content={t("Previous match (Shift Enter)")} relationship="label">
        <Button
          size="small"
          appearance="subtle"
          icon={<ArrowUp16Regular />}
          disabled={!text}
          onClick={() => void search.step(text, isRegex, -1)}
        />
      </Tooltip>
      <Tooltip content={t("Next match (Enter)")} relationship="label">
        <Button
          size="small"
          appearance="subtle"
          icon={<ArrowDown16Regular />}
          disabled={!text}
          onClick={() => void search.step(text, isRegex, 1)}
        />
      </Tooltip>
      <Tooltip content={t("To the beginning")} relationship="label">
        <Button size="small" appearance="subtle" icon={<ChevronDoubleUp16Regular />} onClick={() => go(0)} />
      </Tooltip>
      <Tooltip content={t("To the end")} relationship="label">
        <Button size="small" appearance="subtle" icon={<ChevronDoubleDown16Regular />} onClick={toEnd} />
      </Tooltip>
      <Tooltip content={t("Wrap long lines")} relationship="label">
        <ToggleButton
          size="small"
          appearance="subtle"
          icon={<TextWrap16Regular />}
          checked={isWrapped}
          onClick={() => wrap(!isWrapped)}
        />
      </Tooltip>
      {follows !== null && (
        <ToggleButton size="small" checked={follows} onClick={() => follow(!follows)}>
          {t("Follow")}
        </ToggleButton>
      )}
      <Tooltip content={t("Download")} relationship="label">
        <Button size="small" appearance="subtle" icon={<ArrowDownload16Regular />} onClick={download} />
      </Tooltip>
    </div>
  );
}

/** The matches of a search, fetched page by page, and the one that is gone to. */
function useSearch(root: string, path: string, go: (at: number) => void) {
  const { id } = useWorkspace();
  const { t } = useTranslation();
  const tellProblem = useTellProblem();
  const found = useRef({ key: "", matches: [] as Match[], next: 0, more: false, at: -1 });
  const [told, setTold] = useState("");
  const fetchMore = async (text: string, isRegex: boolean) => {
    const state = found.current;
    const page = await findIn(id, root, path, { text, regex: isRegex, from: state.next, limit: PAGE });
    state.matches = [...state.matches, ...page.matches];
    state.next = page.next;
    state.more = page.more;
  };
  const step = async (text: string, isRegex: boolean, by: 1 | -1) => {
    if (!text) return;
    const key = JSON.stringify([text, isRegex]);
    try {
      if (found.current.key !== key) {
        found.current = { key, matches: [], next: 0, more: true, at: -1 };
        while (found.current.more && !found.current.matches.length) await fetchMore(text, isRegex);
      }
      const state = found.current;
      if (by > 0 && state.at === state.matches.length - 1 && state.more) await fetchMore(text, isRegex);
      const count = state.matches.length;
      if (!count) return setTold(t("No matches"));
      state.at = state.at < 0 && by < 0 ? count - 1 : (state.at + by + count) % count;
      const match = state.matches[state.at];
      setTold(`${state.at + 1} / ${count}${state.more ? "+" : ""}`);
      if (match) go(match.start);
    } catch (error) {
      tellProblem(error);
    }
  };
  return { step, told };
}
