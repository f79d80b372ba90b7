import { Link, Toast, ToastBody, Toaster, ToastTitle, useToastController } from "@fluentui/react-components";
import { useEffect } from "react";
import { useNavigate } from "react-router";
import { takeSaid, useSaidCount } from "@/shell/told";

const TOASTER = "studio";

/** Shows each message once, those longer that say what went wrong. */
export default function Toasts() {
  const { dispatchToast } = useToastController(TOASTER);
  const navigate = useNavigate();
  const count = useSaidCount();
  // biome-ignore lint/correctness/useExhaustiveDependencies: every message is a reason to look
  useEffect(() => {
    for (const { title, body, to, link, intent = "success" } of takeSaid()) {
      const action = to && link ? <Link onClick={() => navigate(to)}>{link}</Link> : undefined;
      const toast = (
        <Toast>
          <ToastTitle action={action}>{title}</ToastTitle>
          {body && <ToastBody>{body}</ToastBody>}
        </Toast>
      );
      dispatchToast(toast, { intent, timeout: intent === "error" ? 10_000 : 5_000 });
    }
  }, [count, dispatchToast, navigate]);
  return <Toaster toasterId={TOASTER} position="bottom-end" />;
}
