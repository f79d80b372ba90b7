/** Short messages at the corner of the page: what was done, and what went wrong. */
import { Link, Toast, ToastBody, ToastTitle, useToastController } from "@fluentui/react-components";
import { useCallback } from "react";
import { useNavigate } from "react-router";
import { asProblem } from "@/api/problem";

export const TOASTER = "studio";

export interface Said {
  title: string;
  body?: string;
  /** The address of a page, and what its link says. */
  to?: string;
  link?: string;
  intent?: "success" | "info" | "warning" | "error";
}

/** Tells the user something in passing. */
export function useTell(): (said: Said) => void {
  const { dispatchToast } = useToastController(TOASTER);
  const navigate = useNavigate();
  return useCallback(
    ({ title, body, to, link, intent = "success" }: Said) =>
      dispatchToast(
        <Toast>
          <ToastTitle action={to && link ? <Link onClick={() => navigate(to)}>{link}</Link> : undefined}>
            {title}
          </ToastTitle>
          {body && <ToastBody>{body}</ToastBody>}
        </Toast>,
        { intent, timeout: intent === "error" ? 10_000 : 5_000 },
      ),
    [dispatchToast, navigate],
  );
}

/** Tells what failed, with the server's own mend. */
export function useTellProblem(): (error: unknown) => void {
  const tell = useTell();
  return useCallback(
    (error: unknown) => {
      const problem = asProblem(error);
      tell({ title: problem.message, body: problem.mend, intent: "error" });
    },
    [tell],
  );
}
