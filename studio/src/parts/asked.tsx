/** Shows what a query gives: its shape while it loads, the problem where it failed, else its data. */
import { Skeleton, SkeletonItem } from "@fluentui/react-components";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "@/api/problem";
import { ProblemView } from "@/parts/problem";

interface Props<T> {
  of: { data: T | undefined; isError: boolean; error: unknown; refetch: () => unknown };
  /** How many lines it will be, about. */
  lines?: number;
  children: (data: T) => ReactNode;
}

export function Asked<T>({ of, lines = 6, children }: Props<T>) {
  if (of.data !== undefined) return children(of.data);
  if (of.isError) return <ProblemView problem={asProblem(of.error)} retry={() => of.refetch()} />;
  return <Loading lines={lines} />;
}

/** Grey lines where text will be. */
export function Loading({ lines = 6 }: { lines?: number }) {
  const { t } = useTranslation();
  return (
    <Skeleton aria-label={t("Loading")} style={{ display: "grid", gap: 12, padding: 16 }}>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines never change places
        <SkeletonItem key={line} style={{ width: `${92 - ((line * 23) % 40)}%` }} />
      ))}
    </Skeleton>
  );
}
