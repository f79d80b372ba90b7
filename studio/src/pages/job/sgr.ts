/** The colours of terminals, read from a text: what is written between escape codes, and how it looks. */

export interface Look {
  /** 0 to 255 as terminals count them, or `#rrggbb`. */
  color?: number | string;
  background?: number | string;
  isBold?: boolean;
  isFaint?: boolean;
  isItalic?: boolean;
  isUnderlined?: boolean;
  isReversed?: boolean;
}

export interface Span {
  text: string;
  look: Look;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes begin with one
const ESCAPE = /\x1b(?:\[([0-9;:?]*)([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what no screen shows
const UNSEEN = /[\x00-\x08\x0b-\x1f\x7f]/g;

/** The spans of a line, from a look on; and the look that goes on behind it. */
export function spansOf(line: string, from: Look = {}): { spans: Span[]; after: Look } {
  const text = line.includes("\r") ? overwritten(line) : line;
  const spans: Span[] = [];
  let look = from;
  let place = 0;
  const add = (piece: string) => {
    const seen = piece.replace(UNSEEN, "");
    if (seen) spans.push({ text: seen, look });
  };
  for (const found of text.matchAll(ESCAPE)) {
    add(text.slice(place, found.index));
    place = found.index + found[0].length;
    if (found[2] === "m") look = changed(look, (found[1] ?? "").split(/[;:]/).map(Number));
  }
  add(text.slice(place));
  return { spans, after: look };
}

/** A progress bar writes over its own line: what is seen is what was written last. */
function overwritten(line: string): string {
  const pieces = line.replace(/\r+$/, "").split("\r");
  return pieces.at(-1) ?? "";
}

function changed(look: Look, codes: number[]): Look {
  let next: Look = { ...look };
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? 0;
    if (code === 0) next = {};
    else if (code === 1) next.isBold = true;
    else if (code === 2) next.isFaint = true;
    else if (code === 3) next.isItalic = true;
    else if (code === 4) next.isUnderlined = true;
    else if (code === 7) next.isReversed = true;
    else if (code === 22) next = { ...next, isBold: undefined, isFaint: undefined };
    else if (code === 23) next.isItalic = undefined;
    else if (code === 24) next.isUnderlined = undefined;
    else if (code === 27) next.isReversed = undefined;
    else if (code === 39) next.color = undefined;
    else if (code === 49) next.background = undefined;
    else if (code === 38 || code === 48) {
      const [color, used] = extended(codes.slice(at + 1));
      next[code === 38 ? "color" : "background"] = color;
      at += used;
    } else {
      const color = plain(code);
      const isBehind = (code >= 40 && code <= 47) || code >= 100;
      if (color !== undefined) next[isBehind ? "background" : "color"] = color;
    }
  }
  return next;
}

function plain(code: number): number | undefined {
  if ((code >= 30 && code <= 37) || (code >= 40 && code <= 47)) return code % 10;
  if ((code >= 90 && code <= 97) || (code >= 100 && code <= 107)) return (code % 10) + 8;
  return undefined;
}

/** `5;N`, or `2;R;G;B`: the colour, and how many codes it took. */
function extended(codes: number[]): [number | string | undefined, number] {
  const [kind, first = 0, second = 0, third = 0] = codes;
  if (kind === 5) return [Math.min(255, Math.max(0, first)), 2];
  if (kind !== 2) return [undefined, 1];
  const byte = (value: number) => Math.min(255, Math.max(0, value)).toString(16).padStart(2, "0");
  return [`#${byte(first)}${byte(second)}${byte(third)}`, 4];
}

const STEPS = [0, 95, 135, 175, 215, 255];

/** One of the 240 colours above the first sixteen, which a theme chooses. */
export function colorOf(index: number): string {
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return `rgb(${grey} ${grey} ${grey})`;
  }
  const place = index - 16;
  const [red, green, blue] = [STEPS[Math.floor(place / 36)], STEPS[Math.floor(place / 6) % 6], STEPS[place % 6]];
  return `rgb(${red} ${green} ${blue})`;
}
