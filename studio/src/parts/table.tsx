/**
 * A table that draws only the rows one sees, however many there are. Give it all `rows`, or `total` and `rowAt` where
 * rows come a page at a time.
 */
import { makeStyles, mergeClasses, Skeleton, SkeletonItem, tokens } from "@fluentui/react-components";
import { ArrowDown12Regular, ArrowUp12Regular } from "@fluentui/react-icons";
import { type KeyboardEvent, memo, type PointerEvent, type ReactNode, useMemo, useRef } from "react";
import { flushSync } from "react-dom";
import { useTranslation } from "react-i18next";
import { useWindow } from "@/parts/window";

export interface Column<Row> {
  key: string;
  title: ReactNode;
  cell: (row: Row) => ReactNode;
  /** CSS of a grid track: `160px`, `minmax(160px, 1fr)`. */
  width?: string;
  align?: "start" | "end";
  /** Whether the column can order the table. */
  sortable?: boolean;
}

export interface Order {
  key: string;
  descending: boolean;
}

interface Props<Row> {
  /** What the table holds, for those who do not see it. */
  label: string;
  columns: Column<Row>[];
  rows?: Row[];
  total?: number;
  /** The row at an index; undefined while it is on its way. */
  rowAt?: (index: number) => Row | undefined;
  keyOf: (row: Row) => string;
  /** Opens what a row stands for: click and Enter. */
  open?: (row: Row) => void;
  order?: Order;
  onOrder?: (order: Order) => void;
  /** Lets columns be made wider and narrower by their edge; called with the new width in pixels. */
  onWidth?: (key: string, width: number) => void;
  selected?: ReadonlySet<string>;
  onSelect?: (selected: Set<string>) => void;
  /** A table within a page: it is as high as its rows, and scrolls beyond so many pixels. */
  within?: number;
  /** Told which rows are seen, so that they can be fetched. */
  onSeen?: (first: number, last: number) => void;
  empty?: ReactNode;
  rowHeight?: number;
}

const useStyles = makeStyles({
  table: { flex: 1, minHeight: 0, overflow: "auto", position: "relative", outlineStyle: "none" },
  head: {
    position: "sticky",
    top: 0,
    zIndex: 2,
    display: "grid",
    backgroundColor: tokens.colorNeutralBackground2,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    fontWeight: tokens.fontWeightSemibold,
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground2,
    boxSizing: "border-box",
    padding: "0 12px",
  },
  row: {
    position: "absolute",
    left: 0,
    right: 0,
    display: "grid",
    alignItems: "center",
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
    fontSize: tokens.fontSizeBase300,
    boxSizing: "border-box",
    padding: "0 12px",
    outlineOffset: "-2px",
    ":hover": { backgroundColor: tokens.colorNeutralBackground1Hover },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  opens: { cursor: "pointer" },
  check: {
    display: "block",
    width: "16px",
    height: "16px",
    margin: "0 14px",
    cursor: "pointer",
    accentColor: tokens.colorCompoundBrandBackground,
  },
  chosen: { backgroundColor: tokens.colorNeutralBackground1Selected },
  cell: { padding: "0 12px", overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap", minWidth: 0 },
  end: { textAlign: "right", fontVariantNumeric: "tabular-nums" },
  title: { display: "flex", alignItems: "center", gap: "4px", height: "34px", position: "relative" },
  words: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap", minWidth: 0 },
  edge: {
    position: "absolute",
    right: 0,
    top: "6px",
    bottom: "6px",
    width: "9px",
    cursor: "col-resize",
    touchAction: "none",
    borderRight: `1px solid ${tokens.colorNeutralStroke2}`,
    ":hover": { borderRightColor: tokens.colorBrandForeground1, borderRightWidth: "2px" },
  },
  sorts: {
    cursor: "pointer",
    font: "inherit",
    color: "inherit",
    background: "none",
    border: "none",
    padding: 0,
    display: "inline-flex",
    alignItems: "center",
    gap: "4px",
    minWidth: 0,
    ":hover": { color: tokens.colorNeutralForeground1 },
  },
});

/** How high the head is. */
const HEAD = 35;

export function Table<Row>(props: Props<Row>) {
  const { columns, rows, rowAt = (index: number) => rows?.[index], keyOf, open, order, onOrder, onSelect } = props;
  const { rowHeight = 40, selected, empty, within } = props;
  const total = props.total ?? rows?.length ?? 0;
  const { t } = useTranslation();
  const styles = useStyles();
  const scroller = useRef<HTMLDivElement>(null);
  const view = useWindow(scroller, total, rowHeight, HEAD, props.onSeen);
  const tracks = [...(onSelect ? ["44px"] : []), ...columns.map(({ width }) => width ?? "minmax(120px, 1fr)")];
  // Each row is a grid of its own: were it as wide as its words, it would stand out of line with the others.
  const least = tracks.reduce((sum, track) => sum + Number(/(\d+)px/.exec(track)?.[1] ?? 120), 24);
  const said = tracks.join(" ");
  const template = useMemo(() => ({ gridTemplateColumns: said, minWidth: least }), [said, least]);
  const toggle = (key: string) => {
    const next = new Set(selected);
    if (!next.delete(key)) next.add(key);
    onSelect?.(next);
  };
  const move = (event: KeyboardEvent<HTMLDivElement>, index: number, row: Row | undefined) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 12, PageUp: -12, Home: -total, End: total }[event.key];
    if (step) {
      event.preventDefault();
      const next = Math.max(0, Math.min(total - 1, index + step));
      flushSync(() => view.show(next));
      scroller.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus({ preventScroll: true });
    } else if (row && event.target === event.currentTarget && event.key === "Enter") open?.(row);
    else if (row && onSelect && event.target === event.currentTarget && event.key === " ") {
      event.preventDefault();
      toggle(keyOf(row));
    }
  };
  // A line that is drawn again whenever its table is makes scrolling stutter: what it calls stays the same.
  const now = useRef({ open, toggle, move });
  now.current = { open, toggle, move };
  const acts = useMemo<Acts>(
    () => ({
      open: (row) => now.current.open?.(row as Row),
      toggle: (key) => now.current.toggle(key),
      move: (event, index, row) => now.current.move(event, index, row as Row | undefined),
    }),
    [],
  );
  if (total === 0 && empty) return <>{empty}</>;
  return (
    <div
      ref={scroller}
      className={styles.table}
      role="grid"
      aria-label={props.label}
      aria-rowcount={total + 1}
      aria-multiselectable={!!onSelect}
      style={within ? { flex: "none", height: Math.min(within, total * rowHeight + 36) } : undefined}
    >
      <div className={styles.head} style={template} role="row">
        {onSelect && <div className={styles.cell} role="columnheader" aria-label={t("Selected")} />}
        {columns.map((column) => (
          <Title key={column.key} column={column} order={order} onOrder={onOrder} onWidth={props.onWidth} />
        ))}
      </div>
      <div style={{ height: total * rowHeight, position: "relative" }} role="rowgroup">
        {view.indices.map((index) => {
          const row = rowAt(index);
          const key = row === undefined ? "" : keyOf(row);
          return (
            <Line
              key={key || index}
              index={index}
              row={row}
              name={key}
              columns={columns as Column<unknown>[]}
              template={template}
              height={rowHeight}
              isFirst={index === view.indices[0]}
              isChosen={!!selected?.has(key)}
              isChosable={!!onSelect}
              opens={!!open}
              acts={acts}
            />
          );
        })}
      </div>
    </div>
  );
}

interface Acts {
  open: (row: unknown) => void;
  toggle: (key: string) => void;
  move: (event: KeyboardEvent<HTMLDivElement>, index: number, row: unknown) => void;
}

interface LineProps {
  index: number;
  row: unknown;
  /** The key of the row. */
  name: string;
  columns: Column<unknown>[];
  template: { gridTemplateColumns: string; minWidth: number };
  height: number;
  isFirst: boolean;
  isChosen: boolean;
  isChosable: boolean;
  opens: boolean;
  acts: Acts;
}

/** One row; drawn again only when something about it has changed. */
const Line = memo(function Line(props: LineProps) {
  const { index, row, name, columns, template, height, isChosen, isChosable, acts } = props;
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <div
      data-index={index}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isChosable ? isChosen : undefined}
      tabIndex={props.isFirst ? 0 : -1}
      className={mergeClasses(styles.row, props.opens && styles.opens, isChosen && styles.chosen)}
      style={{ ...template, height, transform: `translateY(${index * height}px)` }}
      onClick={() => row !== undefined && !window.getSelection()?.toString() && acts.open(row)}
      onKeyDown={(event) => acts.move(event, index, row)}
    >
      {row === undefined ? (
        <Skeleton style={{ gridColumn: "1 / -1", padding: "0 12px" }} aria-label={t("Loading")}>
          <SkeletonItem size={12} />
        </Skeleton>
      ) : (
        <>
          {isChosable && (
            <div role="gridcell" onClick={(event) => event.stopPropagation()}>
              <input
                type="checkbox"
                className={styles.check}
                checked={isChosen}
                onChange={() => acts.toggle(name)}
                aria-label={t("Select {{name}}", { name })}
              />
            </div>
          )}
          {columns.map((column) => (
            <div
              key={column.key}
              role="gridcell"
              className={mergeClasses(styles.cell, column.align === "end" && styles.end)}
            >
              {column.cell(row)}
            </div>
          ))}
        </>
      )}
    </div>
  );
});

interface TitleProps<Row> extends Pick<Props<Row>, "order" | "onOrder" | "onWidth"> {
  column: Column<Row>;
}

function Title<Row>({ column, order, onOrder, onWidth }: TitleProps<Row>) {
  const styles = useStyles();
  const isOrdering = order?.key === column.key;
  const sorted = isOrdering ? (order?.descending ? "descending" : "ascending") : "none";
  const place = mergeClasses(styles.cell, styles.title);
  const side = column.align === "end" ? { justifyContent: "flex-end" } : undefined;
  return (
    <div role="columnheader" aria-sort={column.sortable ? sorted : undefined} className={place} style={side}>
      {column.sortable && onOrder ? (
        <button
          type="button"
          className={styles.sorts}
          onClick={() => onOrder({ key: column.key, descending: isOrdering ? !order?.descending : false })}
        >
          <span className={styles.words}>{column.title}</span>
          {isOrdering && (order?.descending ? <ArrowDown12Regular /> : <ArrowUp12Regular />)}
        </button>
      ) : (
        <span className={styles.words}>{column.title}</span>
      )}
      {onWidth && <Edge of={column.key} onWidth={onWidth} />}
    </div>
  );
}

const NARROWEST = 60;

/** The right edge of a column, to be dragged. */
function Edge({ of, onWidth }: { of: string; onWidth: (key: string, width: number) => void }) {
  const width = (edge: Element) => edge.parentElement?.getBoundingClientRect().width ?? 0;
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    const edge = event.currentTarget;
    const [start, from] = [width(edge), event.clientX];
    edge.setPointerCapture(event.pointerId);
    edge.onpointermove = (moved) => onWidth(of, Math.max(NARROWEST, Math.round(start + moved.clientX - from)));
    edge.onpointerup = () => {
      edge.onpointermove = null;
    };
  };
  return (
    <div aria-hidden className={useStyles().edge} onPointerDown={drag} onClick={(event) => event.stopPropagation()} />
  );
}
