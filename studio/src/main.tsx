import { createRoot } from "react-dom/client";
import { App } from "@/app";
import { pageAt } from "@/routes";
import { startLanguage } from "@/shell/language";
import "@/shell/base.css";

// While the language is read and the session asked for, the page may come; where it does not, whoever draws it tells.
pageAt(location.pathname.replace(/^\/studio/, ""))?.().catch(() => {});
await startLanguage();
createRoot(document.getElementById("root") as HTMLElement).render(<App />);
