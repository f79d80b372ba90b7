/**
 * How a text of any length is cut into blocks that are fetched one by one. A line belongs to the block it begins in,
 * whatever its length; only lines that are longer than `TAIL` are cut where a block ends.
 */

/** Bytes of a block, about 400 lines. */
export const BLOCK = 32_768;
/** How far behind the end of a block its last line is looked for. */
export const TAIL = 8_192;
/** Blocks that are in the list at once: no browser scrolls further than some ten million pixels. */
export const MOST_BLOCKS = 1_024;

/** What is to be read for a block: it, the byte before it, and its last line. */
export function reach(block: number, size: number): { offset: number; length: number } {
  const offset = Math.max(0, block * BLOCK - 1);
  return { offset, length: Math.min(size, (block + 1) * BLOCK + TAIL) - offset };
}

export interface Line {
  /** Where it begins, in bytes of the file. */
  at: number;
  text: string;
}

/** The lines that begin in a block, out of what was read for it from byte `offset` on. */
export function linesIn(block: number, offset: number, text: string): Line[] {
  const bytes = new TextEncoder().encode(text);
  const from = block === 0 ? 0 : begins(bytes, block * BLOCK - offset);
  const to = begins(bytes, (block + 1) * BLOCK - offset);
  const lines: Line[] = [];
  const decoder = new TextDecoder();
  for (let at = from; at < to; ) {
    const found = bytes.indexOf(NEWLINE, at);
    const end = found < 0 || found >= to ? to : found;
    lines.push({ at: offset + at, text: decoder.decode(bytes.subarray(at, end)) });
    at = end + 1;
  }
  return lines;
}

const NEWLINE = 10;

/** The first beginning of a line at `edge` or behind it; the edge itself where a line is too long for one. */
function begins(bytes: Uint8Array, edge: number): number {
  if (edge >= bytes.length) return bytes.length;
  const found = bytes.indexOf(NEWLINE, Math.max(0, edge - 1));
  if (found >= 0 && found < edge + TAIL - 1) return found + 1;
  let whole = edge;
  while (whole < bytes.length && ((bytes[whole] as number) & 0b1100_0000) === 0b1000_0000) whole += 1;
  return found < 0 && bytes.length < edge + TAIL - 1 ? bytes.length : whole;
}

/** The blocks that are listed when byte `at` is wanted: all, or a stretch around it. */
export function stretchAround(at: number, size: number): { first: number; count: number } {
  const all = Math.max(1, Math.ceil(size / BLOCK));
  if (all <= MOST_BLOCKS) return { first: 0, count: all };
  const first = Math.floor(at / BLOCK) - MOST_BLOCKS / 2;
  return { first: Math.max(0, Math.min(first, all - MOST_BLOCKS)), count: MOST_BLOCKS };
}

export const blockOf = (at: number) => Math.floor(at / BLOCK);
