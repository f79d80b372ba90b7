/** Search everywhere: Ctrl-K. Loaded when it is opened first. */
import { lazy, Suspense, useCallback, useEffect, useState } from "react";

const Palette = lazy(() => import("@/shell/palette"));

export interface Searching {
  isOpen: boolean;
  open: () => void;
  close: () => void;
}

/** Whether the search is open; Ctrl-K and ⌘-K open it. */
export function useSearch(): Searching {
  const [isOpen, setOpen] = useState(false);
  const open = useCallback(() => setOpen(true), []);
  const close = useCallback(() => setOpen(false), []);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setOpen((before) => !before);
      }
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);
  return { isOpen, open, close };
}

export function Search({ isOpen, close }: Searching) {
  return <Suspense>{isOpen && <Palette close={close} />}</Suspense>;
}
