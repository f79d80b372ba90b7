/** The last requests that were tried on a page, for as long as the tab is open. They never hold a key. */

export interface Try {
  at: number;
  body: string;
  /** The deployment that was asked for; the traffic decided where it is empty. */
  asked: string;
  /** The deployment that answered. */
  answered: string;
  status: number;
  /** What a script said where the status is 424. */
  modelStatus: string;
  ms: number;
  response: string;
}

const MOST = 20;
const LARGEST = 200_000;
const place = (workspace: string, endpoint: string) => `lazuli.tries:${workspace}:${endpoint}`;

export function triesOf(workspace: string, endpoint: string): Try[] {
  try {
    const said: unknown = JSON.parse(sessionStorage.getItem(place(workspace, endpoint)) ?? "[]");
    return Array.isArray(said) ? said : [];
  } catch {
    return [];
  }
}

/** All tries with this one, the newest first; what does not fit is forgotten. */
export function remember(workspace: string, endpoint: string, made: Try): Try[] {
  const kept = [{ ...made, response: made.response.slice(0, LARGEST) }, ...triesOf(workspace, endpoint)].slice(0, MOST);
  for (let count = kept.length; count > 0; count = Math.floor(count / 2))
    try {
      sessionStorage.setItem(place(workspace, endpoint), JSON.stringify(kept.slice(0, count)));
      return kept;
    } catch {} // it is full: fewer of them may fit
  return kept;
}

export const lastRequest = (workspace: string, endpoint: string) => triesOf(workspace, endpoint)[0]?.body ?? null;
