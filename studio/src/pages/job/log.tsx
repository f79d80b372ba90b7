/** A text of any length, read where one looks: with search, colours, and its end followed as it grows. */
import { Button, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useWorkspace } from "@/api/workspace";
import { Spans } from "@/pages/job/ansi";
import { readPiece } from "@/pages/job/files";
import { LogBar } from "@/pages/job/logBar";
import { spansOf } from "@/pages/job/sgr";
import { BLOCK, blockOf, type Line, linesIn, reach, stretchAround } from "@/pages/job/windows";
import { size as sized } from "@/parts/said";

const LINE = 19;

const useStyles = makeStyles({
  place: { display: "flex", flexDirection: "column", flex: 1, minHeight: 0, minWidth: 0 },
  room: {
    flex: 1,
    minHeight: 0,
    overflow: "auto",
    backgroundColor: tokens.colorNeutralBackground1,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: "12.5px",
    lineHeight: `${LINE}px`,
    outlineOffset: "-2px",
  },
  block: { position: "absolute", left: 0, minWidth: "100%", width: "max-content" },
  wrapped: { width: "100%" },
  line: {
    display: "flex",
    minHeight: `${LINE}px`,
    paddingRight: "16px",
    whiteSpace: "pre",
    ":hover": { backgroundColor: tokens.colorNeutralBackground1Hover },
    ":hover a": { opacity: 1 },
  },
  breaks: { whiteSpace: "pre-wrap", overflowWrap: "anywhere" },
  here: { backgroundColor: tokens.colorPaletteMarigoldBackground1 },
  link: {
    opacity: 0,
    width: "24px",
    flexShrink: 0,
    textAlign: "center",
    color: tokens.colorNeutralForeground3,
    textDecorationLine: "none",
    userSelect: "none",
    ":focus": { opacity: 1 },
  },
  more: {
    display: "flex",
    alignItems: "center",
    gap: "8px",
    padding: "4px 24px",
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground3,
  },
});

interface Props {
  /** Whose text: the address of a job or a code snapshot. */
  root: string;
  path: string;
  size: number;
  isLive: boolean;
  /** The byte at which to begin; a link to a line says it. */
  at?: number | null;
  download: () => void;
}

export function LogView({ root, path, size, isLive, at, download }: Props) {
  const styles = useStyles();
  const { t } = useTranslation();
  const room = useRef<HTMLDivElement>(null);
  const [isWrapped, setWrapped] = useState(true);
  const [follows, setFollows] = useState(isLive && !at);
  const [marks, setMarks] = useState<RegExp | null>(null);
  const [target, setTarget] = useState<number | null>(at ?? null);
  /** The place to be scrolled to once it is drawn: once, not whenever its block is drawn again. */
  const awaited = useRef<number | null>(at ?? null);
  const [middle, setMiddle] = useState(at ?? (isLive ? size : 0));
  const { first, count } = stretchAround(follows ? size : middle, size);
  const [lineLength, setLineLength] = useState(90);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => room.current,
    estimateSize: () => (BLOCK / lineLength) * LINE,
    overscan: 1,
    getItemKey: (index) => first + index,
  });
  useEffect(() => {
    if (follows && size >= 0) virtual.scrollToIndex(count - 1, { align: "end" });
  }, [follows, size, count, virtual]);
  const listed = useCallback(
    (place: number) => {
      const { first } = stretchAround(place, size);
      setMiddle(place);
      requestAnimationFrame(() => virtual.scrollToIndex(Math.max(0, blockOf(place) - first), { align: "start" }));
    },
    [size, virtual],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: where a link leads is gone to once
  useEffect(() => {
    if (at) listed(at);
  }, []);
  const go = useCallback(
    (place: number) => {
      setFollows(false);
      setTarget(place);
      const line = lineAt(room.current, place);
      awaited.current = line ? null : place;
      if (line) line.scrollIntoView({ block: "center" });
      else listed(place);
    },
    [listed],
  );
  const drawn = useCallback(
    (lines: Line[]) => {
      const place = awaited.current;
      const line = place !== null && lines.some((each) => each.at === place) && lineAt(room.current, place);
      if (line) {
        awaited.current = null;
        line.scrollIntoView({ block: "center" });
      }
      const bytes = (lines.at(-1)?.at ?? 0) - (lines[0]?.at ?? 0);
      if (lines.length > 50)
        setLineLength((known) => (Math.abs(known - bytes / lines.length) > known / 4 ? bytes / lines.length : known));
      if (follows) virtual.scrollToIndex(count - 1, { align: "end" });
    },
    [follows, count, virtual],
  );
  const scrolled = () => {
    const { scrollTop, scrollHeight, clientHeight } = room.current as HTMLDivElement;
    if (isLive && !follows && scrollHeight - scrollTop - clientHeight < 2) setFollows(true);
  };
  const leave = () => setFollows(false);
  return (
    <div className={styles.place}>
      <LogBar
        root={root}
        path={path}
        size={size}
        go={go}
        toEnd={() => setFollows(true)}
        onMarks={setMarks}
        isWrapped={isWrapped}
        wrap={setWrapped}
        follows={isLive ? follows : null}
        follow={setFollows}
        download={download}
      />
      {count < Math.ceil(size / BLOCK) && !follows && (
        <div className={styles.more}>
          {t("{{from}} to {{to}} of {{size}} are listed", {
            from: sized(first * BLOCK),
            to: sized(Math.min(size, (first + count) * BLOCK)),
            size: sized(size),
          })}
          <Button size="small" disabled={first === 0} onClick={() => go(Math.max(0, first - count / 2) * BLOCK)}>
            {t("Earlier")}
          </Button>
          <Button size="small" disabled={(first + count) * BLOCK >= size} onClick={() => go((first + count) * BLOCK)}>
            {t("Later")}
          </Button>
        </div>
      )}
      <div
        ref={room}
        className={styles.room}
        role="log"
        aria-label={path}
        aria-live="off"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached by keys
        tabIndex={0}
        onScroll={scrolled}
        onWheel={({ deltaY }) => deltaY < 0 && leave()}
        onTouchMove={leave}
        onPointerDown={({ target, currentTarget }) => target === currentTarget && leave()}
        onKeyDown={({ key }) => ["ArrowUp", "PageUp", "Home"].includes(key) && leave()}
      >
        <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {virtual.getVirtualItems().map(({ index, key, start }) => (
            <div
              key={key}
              data-index={index}
              ref={virtual.measureElement}
              className={mergeClasses(styles.block, isWrapped && styles.wrapped)}
              style={{ transform: `translateY(${start}px)` }}
            >
              <Block
                root={root}
                path={path}
                block={first + index}
                size={size}
                isWrapped={isWrapped}
                marks={marks}
                target={target}
                height={(BLOCK / lineLength) * LINE}
                onDrawn={drawn}
              />
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}

interface BlockProps {
  root: string;
  path: string;
  block: number;
  size: number;
  isWrapped: boolean;
  marks: RegExp | null;
  target: number | null;
  height: number;
  onDrawn: (lines: Line[]) => void;
}

function Block({ root, path, block, size, height, onDrawn, ...look }: BlockProps) {
  const { id } = useWorkspace();
  const asked = reach(block, size);
  const query = useQuery<Line[]>({
    queryKey: [id, root, "block", path, block, asked.length],
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const piece = await readPiece(id, root, path, asked.offset, asked.length, signal);
      return linesIn(block, piece.offset, piece.text);
    },
  });
  const lines = query.data;
  useLayoutEffect(() => {
    if (lines) onDrawn(lines);
  }, [lines, onDrawn]);
  if (!lines) return <div style={{ height }} />;
  return <Lines lines={lines} {...look} />;
}

interface LinesProps {
  lines: Line[];
  isWrapped: boolean;
  marks: RegExp | null;
  target: number | null;
}

const Lines = memo(function Lines({ lines, isWrapped, marks, target }: LinesProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const looks = useMemo(() => {
    let look = {};
    return lines.map(({ text }) => {
      const { spans, after } = spansOf(text, look);
      look = after;
      return spans;
    });
  }, [lines]);
  return lines.map(({ at }, index) => (
    <div
      key={at}
      data-at={at}
      className={mergeClasses(styles.line, isWrapped && styles.breaks, at === target && styles.here)}
    >
      <a className={styles.link} href={linkTo(at)} aria-label={t("Link to this line")} tabIndex={-1}>
        #
      </a>
      <span>
        <Spans spans={looks[index] ?? []} marks={marks} />
      </span>
    </div>
  ));
});

function lineAt(room: HTMLElement | null, place: number): Element | null {
  return room?.querySelector(`[data-at="${place}"]`) ?? null;
}

/** The address of this page that opens at a line. */
function linkTo(at: number): string {
  const address = new URL(location.href);
  address.searchParams.set("at", String(at));
  return address.pathname + address.search;
}
