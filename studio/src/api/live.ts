/** What happens in the workspace, as it happens: one stream for all who listen, however many parts of a page that are. */
import { useEffect, useRef } from "react";
import { follow, type ServerEvent } from "@/api/events";
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

/**
 * A browser opens six connections to a server, for all its tabs: one tab holds the stream and tells the others, and
 * when it is closed the next one takes over.
 */
function begun(workspace: string) {
  const stream = { listeners: new Set<Told>(), end: new AbortController() };
  const { signal } = stream.end;
  const tell: Told = (happening) => {
    for (const told of stream.listeners) told(happening);
  };
  const tabs = new BroadcastChannel(`lazuli ${workspace}`);
  tabs.onmessage = ({ data }) => tell(data);
  signal.addEventListener("abort", () => tabs.close());
  let isFirst = true;
  const heard = ({ event, data }: ServerEvent) => {
    if (event === "ready" && isFirst) {
      isFirst = false;
      return;
    }
    const happening = event === "status" ? (data as Happening) : null; // what came before a stream began was missed
    tell(happening);
    tabs.postMessage(happening);
  };
  streams.set(workspace, stream);
  const hold = () => follow(`${workspace}/events`, heard, signal);
  navigator.locks.request(`lazuli ${workspace}`, { signal }, hold).catch(() => {}); // ended while it waited for its turn
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
