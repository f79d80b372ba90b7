/**
 * Points in a box that one turns: what stands where on the screen. What draws it is `cloud.tsx`.
 *
 * It is small enough to be ours: echarts-gl would load 175 kB, needs WebGL, and makes functions out of texts, which our
 * policy forbids.
 */
import { type Field, numberIn, type Value } from "@/pages/compare/fields";
import { RAMP } from "@/pages/compare/pictures";
import { number } from "@/parts/said";
import { SERIES } from "@/shell/theme";

/** A place in the box, each number from -1 to 1: to the right, upward, and towards who looks. */
export type Place = [x: number, y: number, z: number];

/** How the box is looked at; angles in radians. */
export interface View {
  turn: number;
  tilt: number;
  zoom: number;
}

export const FIRST: View = { turn: -0.62, tilt: 0.42, zoom: 1 };
const MOST_TILT = Math.PI / 2;

/** A view that is turned further; never from below, so that the floor stays one. */
export function moved({ turn, tilt, zoom }: View, by: Partial<View>): View {
  return {
    turn: turn + (by.turn ?? 0),
    tilt: Math.max(0, Math.min(MOST_TILT, tilt + (by.tilt ?? 0))),
    zoom: Math.max(0.5, Math.min(4, zoom * (by.zoom ?? 1))),
  };
}

/** The place as it lies when the box is turned. */
export function turned([x, y, z]: Place, { turn, tilt }: View): Place {
  const [across, near] = [x * Math.cos(turn) + z * Math.sin(turn), z * Math.cos(turn) - x * Math.sin(turn)];
  return [across, y * Math.cos(tilt) - near * Math.sin(tilt), y * Math.sin(tilt) + near * Math.cos(tilt)];
}

export interface Spot {
  x: number;
  y: number;
  /** How much nearer things are drawn larger. */
  scale: number;
}

const EYE = 7; // half edges of the box between its middle and who looks
const FILL = 0.27; // of the smaller side of the picture: half an edge of the box
const MIDDLE = 0.46; // of its height: below the box stand its axes

/** Where a place is on a picture of so many pixels. */
export function spotOf(place: Place, view: View, width: number, height: number): Spot {
  const [x, y, near] = turned(place, view);
  const scale = EYE / (EYE - near);
  const length = Math.min(width * 0.8, height) * FILL * view.zoom * scale;
  return { x: width / 2 + x * length, y: height * MIDDLE - y * length, scale };
}

export interface Tick {
  /** From -1 to 1. */
  at: number;
  text: string;
}

export interface Scale {
  /** Where a value stands, from -1 to 1; null for one that is missing. */
  at: (value: Value | undefined) => number | null;
  ticks: Tick[];
}

const AIR = 0.06; // at either end of an axis
const MOST_NAMES = 8;

/** How the values of a field are spread over an edge of the box. */
export function scaleOf(field: Field, language = "en"): Scale {
  if (!field.isNumber) return namesOf(field);
  const line = (value: number) => (field.isLog ? Math.log10(value) : value);
  const numbers = field.values.map(numberIn).filter((value) => value !== null);
  const [least, most] = [line(Math.min(...numbers)), line(Math.max(...numbers))];
  const air = (most - least || Math.abs(most) || 1) * AIR;
  const [from, to] = [least - air, most + air];
  const along = (value: number) => (2 * (line(value) - from)) / (to - from) - 1;
  const marks = field.isLog ? powersIn(from, to) : stepsIn(from, to);
  return {
    at: (value) => {
      const there = numberIn(value);
      return there === null ? null : along(there);
    },
    ticks: marks.map((value) => ({ at: along(value), text: number(value, language) })),
  };
}

function namesOf({ values }: Field): Scale {
  const names = [...new Set(values.filter((value) => value !== null).map(String))];
  const along = (index: number) => (names.length > 1 ? ((2 * index) / (names.length - 1) - 1) * (1 - 2 * AIR) : 0);
  const every = Math.ceil(names.length / MOST_NAMES);
  return {
    at: (value) => (value === null || value === undefined ? null : along(names.indexOf(String(value)))),
    ticks: names.flatMap((text, index) => (index % every ? [] : [{ at: along(index), text }])),
  };
}

/** Round numbers between two, four or so. */
function stepsIn(from: number, to: number): number[] {
  const raw = (to - from) / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((each) => each * power >= raw) ?? 10);
  const first = Math.ceil(from / step);
  const count = Math.floor(to / step) - first + 1;
  return Array.from({ length: count }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

/** Powers of ten between two logarithms, or round numbers where there are not two of them. */
function powersIn(from: number, to: number): number[] {
  const powers = Array.from({ length: Math.floor(to) - Math.ceil(from) + 1 }, (_, index) => Math.ceil(from) + index);
  if (powers.length < 2) return stepsIn(10 ** from, 10 ** to);
  const every = Math.ceil(powers.length / 5);
  return powers.filter((_, index) => index % every === 0).map((power) => 10 ** power);
}

export interface Edge {
  ends: [Place, Place];
  /** The place on it, by how far along it is. */
  at: (along: number) => Place;
}

export interface Box {
  /** Which side of each axis lies behind: -1 or 1. */
  behind: Place;
  /** The edges at which the three axes are told: they stand in nobody's way. */
  edges: [Edge, Edge, Edge];
}

/** Of a turned box: what is behind, and where its axes are told. */
export function boxOf(view: View): Box {
  const side = (normal: Place) => (turned(normal, view)[2] > 0 ? -1 : 1);
  const behind: Place = [side([1, 0, 0]), -1, side([0, 0, 1])];
  const uprights: Place[] = [
    [behind[0], 0, -behind[2]],
    [-behind[0], 0, behind[2]],
  ];
  const left = uprights.reduce((one, other) => (turned(other, view)[0] < turned(one, view)[0] ? other : one));
  const edge = (at: (along: number) => Place): Edge => ({ ends: [at(-1), at(1)], at });
  return {
    behind,
    edges: [
      edge((along) => [along, -1, -behind[2]]),
      edge((along) => [left[0], along, left[2]]),
      edge((along) => [-behind[0], -1, along]),
    ],
  };
}

export interface Ink {
  /** The colour of a row. */
  of: (row: number) => string;
  /** What the ends of the ramp stand for; null where colours are names. */
  ramp: [least: number, most: number] | null;
  names: [name: string, color: string][];
}

/** The colour of each row: along a ramp for numbers, one each for names; `own` where no field gives it. */
export function inkOf(field: Field | null, own: (string | undefined)[]): Ink {
  const plain = SERIES[0] as string;
  if (!field) return { of: (row) => own[row] ?? plain, ramp: null, names: [] };
  if (!field.isNumber) {
    const names = [...new Set(field.values.filter((value) => value !== null).map(String))];
    const color = (name: string) => SERIES[names.indexOf(name) % SERIES.length] ?? plain;
    const of = (row: number) => (field.values[row] === null ? FAINT : color(String(field.values[row])));
    return { of, ramp: null, names: names.map((name) => [name, color(name)]) };
  }
  const numbers = field.values.map(numberIn).filter((value) => value !== null);
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const of = (row: number) => {
    const value = numberIn(field.values[row]);
    return value === null ? FAINT : mixed(most > least ? (value - least) / (most - least) : 1);
  };
  return { of, ramp: [least, most], names: [] };
}

const FAINT = "#8a8f99";

/** The colour at a share of the ramp. */
export function mixed(share: number): string {
  const place = Math.max(0, Math.min(1, share)) * (RAMP.length - 1);
  const [low, high] = [RAMP[Math.floor(place)], RAMP[Math.ceil(place)]].map(partsOf);
  const parts = low?.map((part, at) => Math.round(part + ((high?.[at] ?? part) - part) * (place % 1)));
  return `rgb(${parts?.join(", ")})`;
}

const partsOf = (color: string | undefined) =>
  [1, 3, 5].map((from) => Number.parseInt((color ?? "").slice(from, from + 2), 16));

/** Of some spots the one that is under the mouse, and nearest to who looks; -1 for none. */
export function underOf(spots: (Spot | null)[], x: number, y: number, within = 12): number {
  let found = -1;
  let least = within;
  for (const [at, spot] of spots.entries()) {
    if (!spot) continue;
    const far = Math.hypot(spot.x - x, spot.y - y) - spot.scale; // of two at one place the one in front
    if (far < least) [found, least] = [at, far];
  }
  return found;
}
