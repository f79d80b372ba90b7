/** Which rows of one height are drawn: those one sees, and some at either side. */
import { type RefObject, useCallback, useEffect, useMemo, useState } from "react";
import { flushSync } from "react-dom";

/** How many rows more are drawn at either side. */
const MORE = 10;
/** So many rows at a time the drawn ones move on: not for each that is scrolled by. */
const STEP = 4;

/** The first and the last row that are drawn when those from `first` to `last` are seen. */
export function drawnFor(first: number, last: number, total: number): [number, number] {
  const from = Math.max(0, Math.floor((first - MORE) / STEP) * STEP);
  return [Math.min(from, Math.max(0, total - 1)), Math.min(total - 1, Math.ceil((last + MORE) / STEP) * STEP)];
}

/**
 * The indices of the rows to draw, and `show`, which scrolls until one is seen. `onSeen` is told which rows are seen,
 * those without the others. The rows begin below a head that stays.
 */
export function useWindow(
  scroller: RefObject<HTMLElement | null>,
  total: number,
  height: number,
  head: number,
  onSeen?: (first: number, last: number) => void,
) {
  const [[from, to], draw] = useState(() => drawnFor(0, 800 / height, total));
  const look = useCallback(() => {
    const room = scroller.current;
    if (!room) return;
    const tall = (room.clientHeight || 800) - head;
    const first = Math.max(0, Math.min(Math.floor(room.scrollTop / height), total - 1));
    const last = Math.max(0, Math.min(Math.ceil((room.scrollTop + tall) / height) - 1, total - 1));
    const next = drawnFor(first, last, total);
    draw((before) => (before[0] === next[0] && before[1] === next[1] ? before : next));
    onSeen?.(first, last);
  }, [scroller, total, height, head, onSeen]);
  const isThere = total > 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a table that was empty has its room only now
  useEffect(() => {
    const room = scroller.current;
    if (!room) return;
    look();
    const scrolled = () => flushSync(look); // in this frame: else one sees a gap where rows will be
    const sized = new ResizeObserver(look);
    sized.observe(room);
    room.addEventListener("scroll", scrolled, { passive: true });
    return () => {
      sized.disconnect();
      room.removeEventListener("scroll", scrolled);
    };
  }, [look, isThere]);
  const show = (index: number) => {
    const room = scroller.current;
    if (!room) return;
    const least = (index + 1) * height + head - room.clientHeight;
    room.scrollTop = Math.min(Math.max(room.scrollTop, least), index * height);
    look();
  };
  const last = Math.min(to, total - 1);
  const indices = useMemo(
    () => Array.from({ length: Math.max(0, last - from + 1) }, (_, each) => from + each),
    [from, last],
  );
  return { indices, show };
}
