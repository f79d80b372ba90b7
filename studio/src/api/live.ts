/** What happens in the workspace, as it happens: one stream for all who listen, however many parts of a page that are. */
import { useEffect, useRef } from "react";
import { follow } from "@/api/events";
import { useWorkspace } from "@/api/workspace";

export interface Happening {
  kind: string;
  name: string;
  deployment: string | null;
  parent: string | null;
  status: string;
  at: number;
}

type Told = (happening: Happening | null) => void;

const streams = new Map<string, { listeners: Set<Told>; end: AbortController }>();

/** Listen to a workspace until the returned function is called. `null` says that something was missed. */
export function listen(workspace: string, told: Told): () => void {
  const stream = streams.get(workspace) ?? begun(workspace);
  stream.listeners.add(told);
  return () => {
    stream.listeners.delete(told);
    if (stream.listeners.size > 0) return;
    stream.end.abort();
    if (streams.get(workspace) === stream) streams.delete(workspace);
  };
}

function begun(workspace: string) {
  const stream = { listeners: new Set<Told>(), end: new AbortController() };
  streams.set(workspace, stream);
  void follow(
    `${workspace}/events`,
    ({ event, data }) => {
      if (event === "ready") return;
      for (const told of stream.listeners) told(event === "missed" ? null : (data as Happening));
    },
    stream.end.signal,
  );
  return stream;
}

const CALM = 400;

/**
 * Call `told` after something of some kinds has changed its status; many changes at once are one call. `null` for
 * names where some were missed.
 */
export function useHappenings(kinds: string[], told: (names: Set<string> | null) => void): void {
  const { id } = useWorkspace();
  const latest = useRef(told);
  latest.current = told;
  const wanted = kinds.join();
  useEffect(() => {
    let names: Set<string> | null = new Set();
    let timer = 0;
    const stop = listen(id, (happening) => {
      if (happening && !wanted.split(",").includes(happening.kind)) return;
      if (!happening) names = null;
      else names?.add(happening.name);
      timer ||= window.setTimeout(() => {
        const heard = names;
        [names, timer] = [new Set(), 0];
        latest.current(heard);
      }, CALM);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [id, wanted]);
}
