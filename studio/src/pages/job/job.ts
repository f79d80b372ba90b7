/** A job as its page reads it: its document, its run, its journal, and what happens to it now. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useRef, useState } from "react";
import { type Doc, fetched } from "@/api/client";
import { follow, type ServerEvent } from "@/api/events";
import { useGet, useWorkspace } from "@/api/workspace";

export interface InOut {
  jobInputType?: string;
  jobOutputType?: string;
  value?: string | null;
  uri?: string | null;
  mode?: string | null;
  description?: string | null;
}

export interface Service {
  jobServiceType?: string;
  endpoint?: string | null;
  status?: string | null;
  errorMessage?: string | null;
}

/** What all kinds of job tell, as far as the page says it. */
export interface JobFacts {
  jobType: "Command" | "Sweep" | "Pipeline" | "AutoML";
  displayName?: string | null;
  experimentName?: string | null;
  description?: string | null;
  tags?: Record<string, string>;
  properties?: Record<string, string>;
  computeId?: string | null;
  inputs?: Record<string, InOut>;
  outputs?: Record<string, InOut>;
  services?: Record<string, Service>;
  isArchived?: boolean;
  status?: string | null;
  statusReason?: string | null;
  error?: { code?: string; message?: string } | null;
  startTime?: string | null;
  endTime?: string | null;
  command?: string | null;
  codeId?: string | null;
  environmentId?: string | null;
  environmentVariables?: Record<string, string>;
  resources?: { instanceCount?: number; instanceType?: string | null } | null;
  limits?: { timeout?: string | null } | null;
  distribution?: { distributionType?: string } | null;
  trial?: { command?: string; codeId?: string; environmentId?: string } | null;
}

export type JobResource = Omit<Doc<"AnyJobResource">, "properties"> & { properties: JobFacts };

export interface Entry {
  at: number;
  by: string;
  event: string;
  detail: Record<string, unknown>;
}

export interface Run {
  info: { artifact_uri: string; start_time: number; end_time?: number };
  data: {
    metrics?: { key: string; value: number | string; step: number; timestamp: number }[];
    params?: { key: string; value: string }[];
    tags?: { key: string; value: string }[];
  };
}

const ENDS = new Set(["Completed", "Failed", "Canceled"]);

/** Whether a job is at an end. */
export const isOver = (status: string | null | undefined) => ENDS.has(status ?? "");

interface Here {
  name: string;
  job: JobResource;
  /** Told each event of the job while it is on its way. */
  listen: (heard: (event: ServerEvent) => void) => () => void;
}

export const HereContext = createContext<Here | null>(null);

/** The job of this page. */
export function useJob(): Here {
  const here = useContext(HereContext);
  if (!here) throw new Error("This part stands on no job's page.");
  return here;
}

export const useJobResource = (name: string) => useGet<JobResource>("/jobs/{name}", { params: { path: { name } } });

export const useJournal = (name: string) =>
  useGet<{ value: Entry[] }>("/jobs/{name}/journal", { params: { path: { name } } });

/** The run that goes by the job's name: its parameters, last metrics and tags. */
export function useRun(name: string) {
  const { id } = useWorkspace();
  return useQuery({
    queryKey: [id, `/jobs/${name}/run`],
    queryFn: async ({ signal }): Promise<Run | null> => {
      const address = `/mlflow/v2.0${id}/api/2.0/mlflow/runs/get?run_id=${encodeURIComponent(name)}`;
      try {
        return (await (await fetched(address, { signal })).json()).run;
      } catch (error) {
        if ((error as { status?: number }).status === 404) return null; // nothing was logged to it
        throw error;
      }
    },
  });
}

/** Further in a log than any log is: who listens to a job's status does not want its log. */
const BEHIND_EVERY_LOG = 999_999_999_999;

/**
 * Keeps what is shown of a job true while it is on its way. Its status is told by the server at once; what else has
 * changed with it is read again.
 */
export function useLive(name: string, job: JobResource | undefined) {
  const { id } = useWorkspace();
  const queries = useQueryClient();
  const ears = useRef(new Set<(event: ServerEvent) => void>());
  const [listen] = useState(() => (heard: (event: ServerEvent) => void) => {
    ears.current.add(heard);
    return () => void ears.current.delete(heard);
  });
  const isLive = job !== undefined && !isOver(job.properties.status);
  useEffect(() => {
    if (!isLive) return;
    const ending = new AbortController();
    const again = () =>
      queries.invalidateQueries({
        predicate: ({ queryKey }) =>
          queryKey[0] === id && JSON.stringify(queryKey).includes(name) && !String(queryKey[1]).includes("{path}"),
      });
    const told = (event: ServerEvent) => {
      if (event.event === "status" || event.event === "done") void again();
      for (const ear of ears.current) ear(event);
    };
    const address = `${id}/jobs/${encodeURIComponent(name)}/events?after=${BEHIND_EVERY_LOG}`;
    void follow(address, told, ending.signal);
    return () => ending.abort();
  }, [id, name, isLive, queries]);
  return listen;
}
