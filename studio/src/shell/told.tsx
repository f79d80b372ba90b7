/** Short messages at the corner of the page: what was done, and what went wrong. */
import { lazy, Suspense, useCallback, useSyncExternalStore } from "react";
import { asProblem } from "@/api/problem";

const Toasts = lazy(() => import("@/shell/toasts"));

export interface Said {
  title: string;
  body?: string;
  /** The address of a page, and what its link says. */
  to?: string;
  link?: string;
  intent?: "success" | "info" | "warning" | "error";
}

const waiting: Said[] = [];
const watching = new Set<() => void>();
let count = 0;

function tell(said: Said): void {
  waiting.push(said);
  count += 1;
  for (const changed of watching) changed();
}

/** What was said and not shown yet, taken away. */
export const takeSaid = () => waiting.splice(0);

/** How much was said so far; a part that asks is drawn again with every message. */
export const useSaidCount = () =>
  useSyncExternalStore(
    (changed) => {
      watching.add(changed);
      return () => watching.delete(changed);
    },
    () => count,
  );

/** Where messages come up; what draws them is loaded with the first one. */
export function Corner() {
  return <Suspense>{useSaidCount() > 0 && <Toasts />}</Suspense>;
}

/** Tells the user something in passing. */
export const useTell = () => tell;

/** Tells what failed, with the server's own mend. */
export function useTellProblem(): (error: unknown) => void {
  return useCallback((error: unknown) => {
    const problem = asProblem(error);
    tell({ title: problem.message, body: problem.mend, intent: "error" });
  }, []);
}
