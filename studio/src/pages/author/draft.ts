/** What one began to write and has not sent, kept in this browser for each workspace. */

const KEY = "lazuli.draft";

const keyOf = (workspace: string) => `${KEY}:${workspace}`;

export function draftOf(workspace: string): string | null {
  return localStorage.getItem(keyOf(workspace));
}

export function keepDraft(workspace: string, text: string): void {
  try {
    localStorage.setItem(keyOf(workspace), text);
  } catch {
    // a browser that keeps nothing still lets one write
  }
}

export function forgetDraft(workspace: string): void {
  localStorage.removeItem(keyOf(workspace));
}
