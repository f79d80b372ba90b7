/** The rows of the table, fetched by the page where they are looked at, and kept. */
import { useQueries, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import type { Doc } from "@/api/client";
import { useHappenings } from "@/api/live";
import { useWorkspace } from "@/api/workspace";
import type { Query } from "@/pages/jobs/view";

export type Row = Doc<"JobRow">;
type Answer = Doc<"JobPage">;

export const PAGE = 200;

/** The pages to have for rows that are seen: theirs and the next ones at either side. */
export function pagesFor(first: number, last: number, total: number): number[] {
  const least = Math.max(0, Math.floor((first - PAGE / 2) / PAGE));
  const to = Math.max(0, Math.min(Math.floor((last + PAGE / 2) / PAGE), Math.floor(Math.max(0, total - 1) / PAGE)));
  const from = Math.min(least, to);
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** How long rows must be seen, after a leap to them, to be asked for. */
export const REST = 100;

/**
 * Which rows are seen, as far as it matters for the pages to have. Where one scrolls on, that is known at once; where
 * one leaps, as whoever drags the bar of a long table does, once one rests: what lies on the way is not asked for.
 */
export function useSeen(query: Query, total: number) {
  const [seen, setSeen] = useState(TOP);
  const [asking, setAsking] = useState(query);
  if (!isSame(asking, query)) {
    setAsking(query);
    setSeen(TOP);
  }
  const timer = useRef(0);
  const leapt = useRef(TOP);
  const now = useRef({ seen, total });
  now.current = { seen, total };
  const stay = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = 0;
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was leapt to is of another query
  useEffect(() => stay, [asking]);
  const onSeen = useCallback(
    (first: number, last: number) => {
      const pages = (of: typeof TOP) => pagesFor(of.first, of.last, now.current.total);
      const next = pages({ first, last });
      const adjoins = (of: typeof TOP) => pages(of).some((page) => next.includes(page));
      if (adjoins(now.current.seen)) {
        stay();
        if (pages(now.current.seen).join() !== next.join()) setSeen({ first, last });
        return;
      }
      if (!adjoins(leapt.current)) stay(); // who scrolls on from where they leapt to has come to rest there
      leapt.current = { first, last };
      timer.current ||= window.setTimeout(() => {
        timer.current = 0;
        setSeen(leapt.current);
      }, REST);
    },
    [stay],
  );
  return { seen, onSeen };
}

/**
 * All rows that a query finds, as a table wants them. While another query's first answer is on its way, the rows of the
 * one before stay, marked as old.
 */
export function useRows(query: Query) {
  const { id, api } = useWorkspace();
  const queries = useQueryClient();
  const [shown, setShown] = useState({ query, total: -1 });
  const isShown = isSame(shown.query, query) && shown.total >= 0;
  const known = isShown ? shown.total : 1;
  const { seen, onSeen } = useSeen(query, known);
  const wanted = pagesFor(seen.first, seen.last, known);
  const keyOf = (of: Query, page: number) => [id, "/jobTable", of, page];
  const asked = useQueries({
    queries: wanted.map((page) => ({
      queryKey: keyOf(query, page),
      queryFn: async ({ signal }: { signal: AbortSignal }) => {
        const said = { ...query, offset: String(page * PAGE), limit: String(PAGE) };
        const { data } = await api.GET("/jobTable", { params: { query: said }, signal } as never);
        return data as unknown as Answer;
      },
      refetchInterval: 60_000, // for what no status tells: tags, metrics
    })),
  });
  useHappenings(["jobs"], () => void queries.invalidateQueries({ queryKey: [id, "/jobTable"] }));
  const newest = asked.reduce<(typeof asked)[number] | undefined>(
    (best, each) => (each.data && each.dataUpdatedAt > (best?.dataUpdatedAt ?? 0) ? each : best),
    undefined,
  );
  const total = newest?.data?.total;
  if (total !== undefined && !(isShown && shown.total === total)) setShown({ query, total });
  const rowAt = (index: number): Row | undefined =>
    queries.getQueryData<Answer>(keyOf(shown.query, Math.floor(index / PAGE)))?.rows[index % PAGE];
  return {
    total: Math.max(0, shown.total),
    rowAt,
    onSeen,
    error: asked.find((each) => each.error)?.error ?? null,
    isLoading: shown.total < 0,
    isOld: !isShown,
  };
}

const TOP = { first: 0, last: 40 };
const isSame = (one: Query, other: Query) => JSON.stringify(one) === JSON.stringify(other);

/** Every row that a query finds, a page at a time; for downloads. */
export async function* everyRow(api: ReturnType<typeof useWorkspace>["api"], query: Query): AsyncGenerator<Row[]> {
  const most = 1000;
  for (let offset = 0; ; offset += most) {
    const said = { ...query, offset: String(offset), limit: String(most) };
    const { data } = await api.GET("/jobTable", { params: { query: said } } as never);
    const { rows, total } = data as unknown as Answer;
    yield rows;
    if (!rows.length || offset + most >= total) return;
  }
}
