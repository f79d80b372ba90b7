/** Metrics of a job and their curves, as the server gives them. */
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { fetched } from "@/api/client";
import { useWorkspace } from "@/api/workspace";
import { isOver, useJob } from "@/pages/job/job";
import type { Zoom } from "@/parts/curves";
import type { Axis, Curve } from "@/parts/smooth";

export interface Summary {
  key: string;
  last: number | string;
  min: number | string | null;
  max: number | string | null;
  count: number;
  firstStep: number;
  lastStep: number;
  firstTime: number;
  lastTime: number;
}

/** Every metric of a job, summed up. */
export function useSummaries(name: string) {
  const { id } = useWorkspace();
  return useQuery({
    queryKey: [id, "metrics of", name],
    queryFn: async ({ signal }): Promise<Summary[]> =>
      (await (await fetched(`${id}/jobs/${encodeURIComponent(name)}/metrics`, { signal })).json()).value,
  });
}

/** The window as the server wants it: whole steps, or milliseconds. */
export function asked(window: Zoom | null, axis: Axis, began: number): URLSearchParams {
  const said = new URLSearchParams({ axis: axis === "step" ? "step" : "time" });
  if (!window) return said;
  const [from, to] = window.map((place) =>
    axis === "step" ? place : place * 1000 + (axis === "relative" ? began : 0),
  );
  said.set("from", String(Math.floor(from ?? 0)));
  said.set("to", String(Math.ceil(to ?? 0)));
  return said;
}

/** One curve, in as many points as are worth drawing; of a window just its own. */
export function useCurve(name: string, key: string, axis: Axis, window: Zoom | null, began: number, enabled: boolean) {
  const { id } = useWorkspace();
  const said = asked(window, axis, began);
  said.set("runs", name.replaceAll(",", "%2C"));
  said.set("keys", key.replaceAll(",", "%2C"));
  said.set("points", "1500");
  const query = said.toString();
  return useQuery({
    queryKey: [id, "curve", name, key, query],
    enabled,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }): Promise<Curve> =>
      (await (await fetched(`${id}/metricCurves?${query}`, { signal })).json()).curves[0],
  });
}

/** How often at most curves are read again while their job logs to them. */
const CALM_MS = 2_000;

/** Reads again what is shown of a metric when something was logged to it. */
export function useLiveMetrics(name: string) {
  const { id } = useWorkspace();
  const { job, listen } = useJob();
  const queries = useQueryClient();
  const isLive = !isOver(job.properties.status);
  useEffect(() => {
    if (!isLive) return;
    const changed = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = () => {
      timer = undefined;
      for (const key of changed) void queries.invalidateQueries({ queryKey: [id, "curve", name, key] });
      void queries.invalidateQueries({ queryKey: [id, "metrics of", name] });
      changed.clear();
    };
    const leave = listen(({ event, data }) => {
      if (event !== "metric") return;
      changed.add((data as { key: string }).key);
      timer ??= setTimeout(read, CALM_MS);
    });
    return () => {
      leave();
      clearTimeout(timer);
    };
  }, [id, name, isLive, listen, queries]);
}
