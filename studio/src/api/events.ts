/** Server-sent events over fetch: EventSource can send no header, and the session needs one. */
import { fetched } from "@/api/client";

export interface ServerEvent {
  event: string;
  data: unknown;
  id: string;
}

/**
 * Call `told` with each event of a stream until it ends or `signal` aborts. Comes back after a lost connection, from
 * the last id on; gives up only where the server refuses.
 */
export async function follow(address: string, told: (event: ServerEvent) => void, signal: AbortSignal): Promise<void> {
  let last = "";
  for (let wait = 500; !signal.aborted; wait = Math.min(wait * 2, 10_000)) {
    try {
      const response = await fetched(address, { signal, headers: last ? { "Last-Event-ID": last } : {} });
      for await (const event of eventsOf(response)) {
        last = event.id || last;
        wait = 500;
        told(event);
        if (event.event === "done") return;
      }
    } catch (error) {
      if (signal.aborted || (error as { status?: number }).status) return;
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

async function* eventsOf(response: Response): AsyncGenerator<ServerEvent> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (reader) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const event = parsed(block);
      if (event) yield event;
    }
  }
}

/** One block of a stream; null for a comment, which only says that the server is there. */
export function parsed(block: string): ServerEvent | null {
  const fields = new Map<string, string>();
  for (const line of block.split("\n")) {
    const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (name) fields.set(name, fields.has(name) ? `${fields.get(name)}\n${value}` : (value ?? ""));
  }
  const data = fields.get("data");
  if (data === undefined) return null;
  return { event: fields.get("event") ?? "message", data: JSON.parse(data), id: fields.get("id") ?? "" };
}
