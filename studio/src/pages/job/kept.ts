/** What a person chose, kept in this browser. */
import { useState } from "react";

export function useKept<T>(key: string, otherwise: T): [T, (value: T) => void] {
  const [value, setValue] = useState<T>(() => read(key, otherwise));
  const keep = (next: T) => {
    localStorage.setItem(key, JSON.stringify(next));
    setValue(next);
  };
  return [value, keep];
}

function read<T>(key: string, otherwise: T): T {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "null");
    if (kept === null || Array.isArray(kept) !== Array.isArray(otherwise)) return otherwise;
    return Array.isArray(kept) ? (kept as T) : { ...otherwise, ...kept };
  } catch {
    return otherwise;
  }
}
