/** The charts a job left, as the server finds them. */
import { useGet } from "@/api/workspace";
import { isOver, useJob } from "@/pages/job/job";

export interface Shot {
  path: string;
  step: number;
  time: number;
  thumbnail: string | null;
}

export interface Chart {
  kind: string;
  name: string;
  path: string;
  shots: Shot[];
}

const CALM_MS = 10_000;

/** All that can be looked at; read again now and then while the job may leave more. */
export function useCharts(name: string) {
  const { job } = useJob();
  return useGet<{ value: Chart[] }>(
    "/jobs/{name}/charts",
    { params: { path: { name } } },
    { refetchInterval: isOver(job.properties.status) ? false : CALM_MS },
  );
}
