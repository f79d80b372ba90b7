import { createRoot } from "react-dom/client";
import { App } from "@/app";
import { startLanguage } from "@/shell/language";
import "@/shell/base.css";

await startLanguage();
createRoot(document.getElementById("root") as HTMLElement).render(<App />);
