/** Runs as points in a box over three fields, which one turns by mouse and keys; drawn on a canvas. */
import { Button, makeStyles, Text, Tooltip, tokens } from "@fluentui/react-components";
import { ArrowReset20Regular, ZoomIn20Regular, ZoomOut20Regular } from "@fluentui/react-icons";
import { type KeyboardEvent, type PointerEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Field } from "@/pages/compare/fields";
import { type Drawn, RAMP, told } from "@/pages/compare/pictures";
import {
  boxOf,
  FIRST,
  type Ink,
  inkOf,
  moved,
  type Place,
  type Scale,
  type Spot,
  scaleOf,
  spotOf,
  underOf,
  type View,
} from "@/pages/compare/space";
import { number } from "@/parts/said";
import { useAppearance } from "@/shell/theme";

const useStyles = makeStyles({
  whole: { position: "relative" },
  picture: {
    position: "relative",
    height: "460px",
    borderRadius: tokens.borderRadiusMedium,
    cursor: "grab",
    touchAction: "pan-y",
    ":active": { cursor: "grabbing" },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  canvas: { position: "absolute", inset: 0, width: "100%", height: "100%" },
  buttons: { position: "absolute", top: 0, left: 0, display: "flex" },
  legend: {
    position: "absolute",
    top: "44px",
    right: 0,
    display: "grid",
    gap: "4px",
    maxWidth: "180px",
    maxHeight: "380px",
    overflow: "hidden",
    fontSize: tokens.fontSizeBase200,
    pointerEvents: "none",
  },
  ramp: { display: "grid", gridTemplateColumns: "12px auto", gap: "6px", height: "130px" },
  ends: { display: "flex", flexDirection: "column", justifyContent: "space-between" },
  name: { display: "flex", gap: "6px", alignItems: "center", overflow: "hidden", whiteSpace: "nowrap" },
  dot: { width: "10px", height: "10px", borderRadius: "50%", flexShrink: 0 },
  tip: {
    position: "absolute",
    zIndex: 1,
    padding: "6px 10px",
    whiteSpace: "pre",
    pointerEvents: "none",
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    color: tokens.colorNeutralForeground1,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusMedium,
    boxShadow: tokens.shadow8,
  },
  hint: { color: tokens.colorNeutralForeground3 },
});

export interface CloudProps {
  /** What it shows, in words: also what a screen reader tells. */
  label: string;
  x: Field;
  y: Field;
  z: Field;
  color: Field | null;
  runs: Drawn[];
  /** Opens the run of a row: click and Enter. */
  open?: (row: number) => void;
}

const STEP = Math.PI / 36;
const KEYS: Record<string, Partial<View>> = {
  ArrowLeft: { turn: -STEP },
  ArrowRight: { turn: STEP },
  ArrowUp: { tilt: STEP },
  ArrowDown: { tilt: -STEP },
  "+": { zoom: 1.15 },
  "=": { zoom: 1.15 },
  "-": { zoom: 1 / 1.15 },
};
const WALK: Record<string, 1 | -1> = { PageDown: 1, PageUp: -1 };
const PER_PIXEL = 0.008;

export default function Cloud({ label, x, y, z, color, runs, open }: CloudProps) {
  const styles = useStyles();
  const { t, i18n } = useTranslation();
  const hint = useId();
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSizeOf(canvas);
  const { isDark } = useAppearance();
  const [view, setView] = useState(FIRST);
  const [at, setAt] = useState(-1);
  const dragged = useRef(0);
  const scales = useMemo(() => [x, y, z].map((each) => scaleOf(each, i18n.language)), [x, y, z, i18n.language]);
  const ink = useMemo(() => {
    const own = runs.map((run) => run.color);
    return inkOf(color, own);
  }, [color, runs]);
  const places = useMemo(() => placesOf([x, y, z], scales, runs.length), [x, y, z, scales, runs]);
  const spots = places.map((place) => place && spotOf(place, view, ...size));
  const here = spots[at] ? at : -1; // runs may have gone since
  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew in other colours as well
  useEffect(() => {
    if (canvas.current) draw({ canvas: canvas.current, view, size, scales, names: [x, y, z], places, ink, here });
  }, [view, size, scales, places, ink, here, isDark]);

  const drag = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    if (event.buttons === 1) {
      dragged.current += Math.abs(event.movementX) + Math.abs(event.movementY);
      setView((old) => moved(old, { turn: event.movementX * PER_PIXEL, tilt: event.movementY * PER_PIXEL }));
    } else setAt(underOf(spots, event.clientX - box.left, event.clientY - box.top));
  };
  const press = (event: KeyboardEvent) => {
    const turn = KEYS[event.key];
    const walk = WALK[event.key];
    if (turn) setView((old) => moved(old, turn));
    else if (walk) setAt(nextOf(spots, here, walk));
    else if (event.key === "Home") setView(FIRST);
    else if (event.key === "Escape" && here >= 0) setAt(-1);
    else if (event.key === "Enter" && here >= 0) open?.(here);
    else return;
    event.preventDefault();
  };
  const spot = spots[here];
  const isLeft = spot ? spot.x < size[0] / 2 : true;
  const zoom = (by: number) => setView((old) => moved(old, { zoom: by }));
  return (
    <div className={styles.whole}>
      <div
        role="application"
        aria-label={label}
        aria-describedby={hint}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is turned by keys
        tabIndex={0}
        className={styles.picture}
        onKeyDown={press}
        onPointerDown={(event) => {
          dragged.current = 0;
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={drag}
        onPointerLeave={() => setAt(-1)}
        onClick={() => dragged.current < 4 && here >= 0 && open?.(here)}
        style={here >= 0 ? { cursor: "pointer" } : undefined}
      >
        <canvas ref={canvas} className={styles.canvas} />
        <div role="status" aria-live="polite">
          {spot && (
            <div
              className={styles.tip}
              style={{
                top: Math.max(0, spot.y - 24),
                ...(isLeft ? { left: spot.x + 14 } : { right: size[0] - spot.x + 14 }),
              }}
            >
              {told([x, y, z, ...(color ? [color] : [])], runs, here)}
            </div>
          )}
        </div>
      </div>
      <div className={styles.buttons}>
        <Tooltip content={t("Closer")} relationship="label">
          <Button size="small" appearance="subtle" icon={<ZoomIn20Regular />} onClick={() => zoom(1.15)} />
        </Tooltip>
        <Tooltip content={t("Further away")} relationship="label">
          <Button size="small" appearance="subtle" icon={<ZoomOut20Regular />} onClick={() => zoom(1 / 1.15)} />
        </Tooltip>
        <Tooltip content={t("As at the start")} relationship="label">
          <Button size="small" appearance="subtle" icon={<ArrowReset20Regular />} onClick={() => setView(FIRST)} />
        </Tooltip>
      </div>
      <Legend ink={ink} of={color} />
      <Text id={hint} size={200} block className={styles.hint}>
        {t(
          "Drag to turn it, or use the arrow keys; + and − come closer and go away. Page down walks through the runs.",
        )}
      </Text>
    </div>
  );
}

function Legend({ ink, of }: { ink: Ink; of: Field | null }) {
  const styles = useStyles();
  const { i18n } = useTranslation();
  if (!of) return null;
  return (
    <div className={styles.legend}>
      <strong>{of.name}</strong>
      {ink.ramp && (
        <div className={styles.ramp}>
          <div style={{ background: `linear-gradient(to top, ${RAMP.join()})`, borderRadius: 2 }} />
          <div className={styles.ends}>
            <span>{number(ink.ramp[1], i18n.language)}</span>
            <span>{number(ink.ramp[0], i18n.language)}</span>
          </div>
        </div>
      )}
      {ink.names.map(([name, dot]) => (
        <span key={name} className={styles.name}>
          <span className={styles.dot} style={{ backgroundColor: dot }} />
          {name}
        </span>
      ))}
    </div>
  );
}

function useSizeOf(canvas: React.RefObject<HTMLCanvasElement | null>): [width: number, height: number] {
  const [size, setSize] = useState<[number, number]>([600, 460]);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => {
      if (entry) setSize([entry.contentRect.width, entry.contentRect.height]);
    });
    watch.observe(canvas.current as HTMLCanvasElement);
    return () => watch.disconnect();
  }, [canvas]);
  return size;
}

/** Where each row is in the box; null where it lacks one of the three. */
function placesOf(fields: Field[], scales: Scale[], count: number): (Place | null)[] {
  return Array.from({ length: count }, (_, row) => {
    const place = scales.map((scale, axis) => scale.at(fields[axis]?.values[row]));
    return place.includes(null) ? null : (place as Place);
  });
}

/** The next row that is drawn, in the order of the rows, and round at the ends; -1 where none is. */
function nextOf(spots: (Spot | null)[], from: number, step: 1 | -1): number {
  const there = spots.flatMap((spot, row) => (spot ? [row] : []));
  if (!there.length) return -1;
  const at = there.indexOf(from);
  return there.at(at < 0 ? (step > 0 ? 0 : -1) : (at + step) % there.length) ?? -1;
}

interface Picture {
  canvas: HTMLCanvasElement;
  view: View;
  size: [width: number, height: number];
  scales: Scale[];
  names: Field[];
  places: (Place | null)[];
  ink: Ink;
  here: number;
}

function draw(picture: Picture) {
  const { canvas, size } = picture;
  const pen = canvas.getContext("2d");
  if (!pen) return;
  const dense = window.devicePixelRatio || 1;
  [canvas.width, canvas.height] = [size[0] * dense, size[1] * dense];
  pen.scale(dense, dense);
  const look = getComputedStyle(canvas);
  pen.font = `12px ${look.fontFamily}`;
  const color = (name: string) => look.getPropertyValue(`--color${name}`).trim();
  drawBox(pen, picture, color);
  drawPoints(pen, picture, color);
}

type Colors = (name: string) => string;

/** The three sides that are behind with their lines, and what the axes say. */
function drawBox(pen: CanvasRenderingContext2D, { view, size, scales, names }: Picture, color: Colors) {
  const { behind, edges } = boxOf(view);
  const spot = (place: Place) => spotOf(place, view, ...size);
  const line = (from: Place, to: Place) => {
    const [one, other] = [spot(from), spot(to)];
    pen.beginPath();
    pen.moveTo(one.x, one.y);
    pen.lineTo(other.x, other.y);
    pen.stroke();
  };
  for (const axis of [0, 1, 2] as const) {
    const others = ([0, 1, 2] as const).filter((each) => each !== axis);
    const marks = [-1, ...(scales[axis]?.ticks.map(({ at }) => at) ?? []), 1];
    for (const [index, at] of marks.entries()) {
      const isRim = index === 0 || index === marks.length - 1;
      pen.strokeStyle = color(isRim ? "NeutralStroke1" : "NeutralStroke3");
      for (const across of others) {
        // Along `across`, on the side behind that the third axis gives.
        const third = others.find((each) => each !== across) ?? across;
        const [from, to] = [[...behind] as Place, [...behind] as Place];
        [from[axis], to[axis], from[across], to[across]] = [at, at, -1, 1];
        [from[third], to[third]] = [behind[third], behind[third]];
        line(from, to);
      }
    }
  }
  const middle = spot([0, 0, 0]);
  for (const [axis, edge] of edges.entries()) {
    pen.strokeStyle = color("NeutralForeground3");
    line(...edge.ends);
    const ends = edge.ends.map(spot);
    const away = awayFrom(middle, ends as [Spot, Spot]);
    pen.fillStyle = color("NeutralForeground2");
    pen.textAlign = away.x < -0.4 ? "right" : away.x > 0.4 ? "left" : "center";
    pen.textBaseline = "middle";
    let widest = 0;
    for (const { at, text } of scales[axis]?.ticks ?? []) {
      const { x, y } = spot(edge.at(at));
      const shown = cut(text);
      pen.fillText(shown, x + away.x * 10, y + away.y * 14);
      widest = Math.max(widest, pen.measureText(shown).width);
    }
    pen.save();
    pen.fillStyle = color("NeutralForeground1");
    pen.font = `600 ${pen.font}`;
    const name = cut(names[axis]?.name ?? "", 30);
    const far = 18 + widest * Math.abs(away.x);
    if (axis === 1) {
      const top = ends[1] as Spot;
      pen.textAlign = "center";
      pen.fillText(name, top.x, top.y - 16);
    } else {
      const { x, y } = spot(edge.at(0));
      pen.fillText(name, x + away.x * far, y + away.y * 34);
    }
    pen.restore();
  }
}

const cut = (text: string, most = 16) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** The direction that leads away from the box at an edge of it, as a length of one. */
function awayFrom(middle: Spot, [one, other]: [Spot, Spot]): { x: number; y: number } {
  const [along, down] = [other.x - one.x, other.y - one.y];
  const length = Math.hypot(along, down) || 1;
  const across = { x: -down / length, y: along / length };
  const out = { x: (one.x + other.x) / 2 - middle.x, y: (one.y + other.y) / 2 - middle.y };
  return across.x * out.x + across.y * out.y < 0 ? { x: -across.x, y: -across.y } : across;
}

/** The points, those behind first; from the one that is told a line leads to the floor. */
function drawPoints(pen: CanvasRenderingContext2D, { view, size, places, ink, here }: Picture, color: Colors) {
  const spots = places.flatMap((place, row) => (place ? [{ row, place, ...spotOf(place, view, ...size) }] : []));
  spots.sort((one, other) => one.scale - other.scale);
  const radius = spots.length > 1000 ? 3 : 5;
  const dot = (x: number, y: number, r: number) => {
    pen.beginPath();
    pen.arc(x, y, r, 0, 2 * Math.PI);
  };
  for (const { row, place, x, y, scale } of spots) {
    if (row === here) {
      const foot = spotOf([place[0], -1, place[2]], view, ...size);
      pen.strokeStyle = color("NeutralForeground2");
      pen.setLineDash([3, 3]);
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(foot.x, foot.y);
      pen.stroke();
      pen.setLineDash([]);
    }
    dot(x, y, radius * scale * (row === here ? 1.5 : 1));
    pen.globalAlpha = row === here ? 1 : 0.55 + 0.4 * Math.min(1, Math.max(0, scale - 0.8) / 0.5);
    pen.fillStyle = ink.of(row);
    pen.fill();
    pen.globalAlpha = 1;
    pen.strokeStyle = color(row === here ? "NeutralForeground1" : "NeutralBackground1");
    pen.stroke();
  }
}
