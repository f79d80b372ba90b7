/** Search everywhere: Ctrl-K. */
import { useCallback, useEffect, useState } from "react";

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
        open();
      }
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [open]);
  return { isOpen, open, close };
}

export function Search(_searching: Searching) {
  return null;
}
