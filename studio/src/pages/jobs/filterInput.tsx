/** The field in which one says which jobs are wanted: completes, and marks mistakes where they are. */
import { Badge, Button, Input, makeStyles, mergeClasses, Text, Tooltip, tokens } from "@fluentui/react-components";
import { Dismiss16Regular, Filter16Regular } from "@fluentui/react-icons";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Problem } from "@/api/problem";
import { completionsAt, isFilter, isWhole, mistakeIn, type Suggestion, type Words } from "@/pages/jobs/filter";

const useStyles = makeStyles({
  box: { position: "relative", flex: "1 1 420px", minWidth: "280px" },
  input: { width: "100%", "& input": { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 } },
  under: {
    position: "absolute",
    inset: 0,
    display: "flex",
    alignItems: "center",
    overflow: "hidden",
    pointerEvents: "none",
    whiteSpace: "pre",
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    color: "transparent",
    zIndex: 1,
  },
  wrong: { textDecoration: `underline wavy ${tokens.colorPaletteRedForeground1}`, textUnderlineOffset: "3px" },
  told: { color: tokens.colorPaletteRedForeground1, display: "block", marginTop: "4px" },
  list: {
    position: "absolute",
    top: "calc(100% + 2px)",
    left: 0,
    zIndex: 20,
    minWidth: "320px",
    maxWidth: "100%",
    maxHeight: "320px",
    overflow: "auto",
    padding: "4px",
    margin: 0,
    listStyleType: "none",
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusMedium,
    boxShadow: tokens.shadow16,
  },
  could: {
    display: "flex",
    alignItems: "center",
    gap: "8px",
    padding: "5px 8px",
    borderRadius: tokens.borderRadiusSmall,
    cursor: "pointer",
    ":hover": { backgroundColor: tokens.colorNeutralBackground1Hover },
  },
  chosen: { backgroundColor: tokens.colorNeutralBackground1Selected },
  label: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap", fontFamily: tokens.fontFamilyMonospace },
  kind: { marginLeft: "auto", color: tokens.colorNeutralForeground3, flexShrink: 0 },
});

interface Props {
  value: string;
  apply: (text: string) => void;
  words: Words | undefined;
  problem: Problem | null;
}

/** How long one has to stop typing before what stands there is asked. */
const PAUSE = 350;

export function FilterInput({ value, apply, words, problem }: Props) {
  const styles = useStyles();
  const { t } = useTranslation();
  const list = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(value);
  const [caret, setCaret] = useState(value.length);
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const [scroll, setScroll] = useState(0);
  const applied = useRef(value);
  useEffect(() => {
    if (value !== applied.current) setText(value); // changed from elsewhere: a saved view, a step back
    applied.current = value;
  }, [value]);
  const put = (said: string) => {
    applied.current = said;
    apply(said);
  };
  const putRef = useRef(put);
  putRef.current = put;
  useEffect(() => {
    if (text === applied.current || !isWhole(text)) return;
    const timer = setTimeout(() => putRef.current(text), PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  useEffect(() => {
    const pressed = (event: globalThis.KeyboardEvent) => {
      const at = event.target as HTMLElement;
      if (event.key !== "/" || at.closest("input, textarea, [contenteditable], [role=dialog]")) return;
      event.preventDefault();
      input.current?.focus();
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);

  const { from, to, suggestions } = completionsAt(text, caret, words);
  const isListing = isOpen && suggestions.length > 0;
  const take = ({ insert }: Suggestion) => {
    const next = text.slice(0, from) + insert + text.slice(to).trimStart();
    const at = from + insert.length;
    setText(next);
    setCaret(at);
    setActive(-1);
    requestAnimationFrame(() => {
      input.current?.setSelectionRange(at, at);
      setScroll(input.current?.scrollLeft ?? 0);
    });
  };
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const chosen = suggestions[Math.max(0, active)];
    if (step && isOpen && suggestions.length) {
      event.preventDefault();
      setActive((active + step + suggestions.length) % suggestions.length);
    } else if (step === 1) setOpen(true);
    else if (event.key === "Tab" && !event.shiftKey && isListing && chosen && text) {
      event.preventDefault();
      take(chosen);
    } else if (event.key === "Enter") {
      if (isListing && active >= 0 && chosen) take(chosen);
      else {
        setOpen(false);
        put(text);
      }
    } else if (event.key === "Escape") {
      if (isListing) setOpen(false);
      else if (text) clear();
    }
  };
  const clear = () => {
    setText("");
    setCaret(0);
    put("");
    input.current?.focus();
  };
  const wrong = problem && text === value ? mistakeIn(problem.target, text) : null;
  const isAsking = problem && text === value && (wrong || isFilter(value));
  return (
    <div className={styles.box}>
      <div style={{ position: "relative" }}>
        <Input
          className={styles.input}
          input={{
            ref: input,
            role: "combobox",
            "aria-expanded": isListing,
            "aria-controls": list,
            "aria-autocomplete": "list",
            "aria-activedescendant": isListing && active >= 0 ? `${list}-${active}` : undefined,
            "aria-invalid": isAsking ? true : undefined,
            "aria-label": t("Filter jobs"),
            spellCheck: false,
            autoComplete: "off",
            onScroll: (event) => setScroll(event.currentTarget.scrollLeft),
            onSelect: (event) => setCaret(event.currentTarget.selectionStart ?? text.length),
          }}
          contentBefore={<Filter16Regular />}
          contentAfter={
            text ? (
              <Tooltip content={t("Clear the filter")} relationship="label">
                <Button size="small" appearance="transparent" icon={<Dismiss16Regular />} onClick={clear} />
              </Tooltip>
            ) : (
              <kbd aria-hidden>/</kbd>
            )
          }
          placeholder={t("Search names, or filter: metrics.accuracy > 0.9 AND status = 'Completed'")}
          value={text}
          onChange={(event, { value: said }) => {
            setText(said);
            setCaret(event.target.selectionStart ?? said.length);
            setOpen(true);
            setActive(-1);
          }}
          onFocus={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onKeyDown={press}
        />
        {wrong && <Underline text={text} wrong={wrong} scroll={scroll} input={input.current} />}
      </div>
      {isAsking && (
        <Text size={200} className={styles.told} role="alert">
          {problem.message} {problem.mend}
        </Text>
      )}
      {isListing && (
        <div id={list} role="listbox" aria-label={t("What could stand here")} className={styles.list}>
          {suggestions.map((each, index) => (
            <Could
              key={each.insert}
              id={`${list}-${index}`}
              of={each}
              isActive={index === active}
              take={() => take(each)}
            />
          ))}
        </div>
      )}
    </div>
  );
}

interface CouldProps {
  id: string;
  of: Suggestion;
  isActive: boolean;
  take: () => void;
}

function Could({ id, of, isActive, take }: CouldProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const item = useRef<HTMLDivElement>(null);
  const kinds = {
    field: t("field"),
    metric: t("metric"),
    param: t("parameter"),
    tag: t("tag"),
    sign: "",
    value: "",
    and: t("another condition"),
  };
  useEffect(() => {
    if (isActive) item.current?.scrollIntoView({ block: "nearest" });
  }, [isActive]);
  return (
    <div
      ref={item}
      id={id}
      role="option"
      aria-selected={isActive}
      className={mergeClasses(styles.could, isActive && styles.chosen)}
      onMouseDown={(event) => {
        event.preventDefault(); // the focus stays in the field
        take();
      }}
    >
      <Text size={200} className={styles.label}>
        {of.label}
      </Text>
      <Text size={200} className={styles.kind}>
        {kinds[of.kind]}
      </Text>
      {of.count !== undefined && (
        <Badge appearance="tint" color="informative" size="small">
          {of.count}
        </Badge>
      )}
    </div>
  );
}

interface UnderlineProps {
  text: string;
  wrong: [number, number];
  scroll: number;
  input: HTMLInputElement | null;
}

/** A wavy line below the characters that are wrong. */
function Underline({ text, wrong: [from, to], scroll, input }: UnderlineProps) {
  const styles = useStyles();
  const left = input ? input.offsetLeft + Number.parseFloat(getComputedStyle(input).paddingLeft) : 0;
  return (
    <div className={styles.under} style={{ left, right: 40 }} aria-hidden>
      <span style={{ transform: `translateX(${-scroll}px)` }}>
        {text.slice(0, from)}
        <span className={styles.wrong}>{text.slice(from, to) || "   "}</span>
      </span>
    </div>
  );
}
