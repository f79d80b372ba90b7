/**
 * Who is signed in. Two halves open the door only together: a cookie that no script reads, and a proof that is kept
 * where no other port of this machine reads it.
 */
import { Problem, problemOf } from "@/api/problem";

const PROOF = "lazuli.proof";
const ADDRESS = "/studio/session";

export interface Principal {
  name: string;
  role: string;
  expires?: number;
}

/** The header that goes with every request of a signed-in page. */
export function proofHeader(): Record<string, string> {
  const proof = localStorage.getItem(PROOF);
  return proof ? { "Lazuli-Session": proof } : {};
}

/** Sign in with the code of a one-time link, or with a token. */
export async function signIn(said: { code: string } | { token: string }): Promise<Principal> {
  const { proof, ...principal } = await asked("POST", said);
  localStorage.setItem(PROOF, proof);
  return principal;
}

/** Who is signed in; null where nobody is. */
export async function whoAmI(): Promise<Principal | null> {
  if (!localStorage.getItem(PROOF)) return null;
  try {
    return await asked("GET");
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return null;
    throw error;
  }
}

/** Log out: the session is revoked in the server, not only forgotten here. */
export async function signOut(): Promise<void> {
  try {
    await asked("DELETE");
  } finally {
    localStorage.removeItem(PROOF);
  }
}

async function asked(method: string, body?: unknown) {
  const headers = { ...proofHeader(), ...(body ? { "Content-Type": "application/json" } : {}) };
  const response = await fetch(ADDRESS, { method, headers, body: body ? JSON.stringify(body) : undefined });
  if (!response.ok) throw await problemOf(response);
  return response.status === 204 || method === "DELETE" ? undefined : response.json();
}
