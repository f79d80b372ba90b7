/** Keeps every page behind the sign-in. */
import { Spinner } from "@fluentui/react-components";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Navigate, useLocation } from "react-router";
import { SIGNED_OUT } from "@/api/client";
import { asProblem } from "@/api/problem";
import { type Principal, signOut, whoAmI } from "@/api/session";
import { ProblemView } from "@/parts/problem";

interface Session {
  principal: Principal;
  leave: () => Promise<void>;
}

const Held = createContext<Session | null>(null);
const KEY = ["session"];

/** Who is signed in, and how to log out. */
export function useSession(): Session {
  const session = useContext(Held);
  if (!session) throw new Error("Nobody is signed in.");
  return session;
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { pathname, search } = useLocation();
  const isAtDoor = pathname === "/sign-in";
  const who = useQuery({ queryKey: KEY, queryFn: whoAmI, staleTime: Number.POSITIVE_INFINITY, enabled: !isAtDoor });
  const forget = useCallback(() => {
    // First what is watched here: a query that was cleared away tells nobody of what comes after it.
    queries.setQueryData(KEY, null);
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== KEY[0] });
  }, [queries]);
  useEffect(() => {
    window.addEventListener(SIGNED_OUT, forget);
    return () => window.removeEventListener(SIGNED_OUT, forget);
  }, [forget]);
  const session = useMemo(
    () => (who.data ? { principal: who.data, leave: () => signOut().finally(forget) } : null),
    [who.data, forget],
  );
  if (isAtDoor) return children;
  if (who.isError) return <ProblemView problem={asProblem(who.error)} retry={() => who.refetch()} />;
  if (who.isPending) return <Spinner label={t("Signing in…")} style={{ height: "100%" }} />;
  if (!session) return <Navigate to="/sign-in" replace state={{ from: pathname + search }} />;
  return <Held.Provider value={session}>{children}</Held.Provider>;
}
