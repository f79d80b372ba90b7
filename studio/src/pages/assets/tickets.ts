/** Files of datastores for pictures and downloads, by an address that needs no header. */
import { useQuery } from "@tanstack/react-query";
import { useWorkspace } from "@/api/workspace";
import { sent } from "@/pages/assets/reads";

export async function ticketFor(id: string, uri: string): Promise<{ url: string; mediaType: string }> {
  return (await sent("POST", `${id}/fileTickets`, { uri })) as { url: string; mediaType: string };
}

export function useTicket(uri: string) {
  const { id } = useWorkspace();
  return useQuery({ queryKey: [id, "ticket", uri], staleTime: 50 * 60_000, queryFn: () => ticketFor(id, uri) });
}

/** Let the browser keep a file. */
export async function download(id: string, uri: string): Promise<void> {
  const { url } = await ticketFor(id, uri);
  follow(`${url}?download`, uri.split("/").at(-1) ?? "file");
}

/** Let the browser keep all that lies in a folder, as a zip file. */
export async function downloadFolder(id: string, uri: string): Promise<void> {
  const { url } = (await sent("POST", `${id}/fileTickets`, { uri, folder: true })) as { url: string };
  follow(url, "");
}

/** Let the browser keep what lies at an address that a ticket opens. */
export function follow(address: string, name: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = name; // without one it is as the server says
  link.click();
}
