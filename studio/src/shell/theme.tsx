/** Colours and type: Fluent's tokens over a ramp of lapis blue, light and dark. */
import {
  type BrandVariants,
  createDarkTheme,
  createLightTheme,
  FluentProvider,
  type Theme,
} from "@fluentui/react-components";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState, useSyncExternalStore } from "react";

const LAPIS: BrandVariants = {
  10: "#020409",
  20: "#0c1a33",
  30: "#102b58",
  40: "#153871",
  50: "#1a458b",
  60: "#1f4fa3",
  70: "#2a5fba",
  80: "#376fcd",
  90: "#4c81d9",
  100: "#6294e3",
  110: "#79a6eb",
  120: "#91b8f1",
  130: "#a9c9f6",
  140: "#c1d9fa",
  150: "#d8e8fc",
  160: "#eef5fe",
};

const FONT =
  '"Segoe UI Variable Text", "Segoe UI", system-ui, -apple-system, Roboto, "Noto Sans", "Noto Sans SC", sans-serif';
const MONO = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace';
const COMMON = { fontFamilyBase: FONT, fontFamilyMonospace: MONO };

const LIGHT: Theme = {
  ...createLightTheme(LAPIS),
  ...COMMON,
  colorBrandBackground: LAPIS[60],
  colorBrandBackgroundHover: LAPIS[50],
  colorBrandForeground1: LAPIS[60],
  colorNeutralBackground3: "#f6f7fa",
};
const DARK: Theme = {
  ...createDarkTheme(LAPIS),
  ...COMMON,
  colorBrandForeground1: LAPIS[110],
  colorBrandForeground2: LAPIS[120],
  colorNeutralForeground2BrandHover: LAPIS[120],
  colorNeutralBackground1: "#181b22",
  colorNeutralBackground2: "#13161c",
  colorNeutralBackground3: "#0f1217",
};

export type Appearance = "system" | "light" | "dark";
const KEY = "lazuli.appearance";

interface Look {
  appearance: Appearance;
  isDark: boolean;
  choose: (appearance: Appearance) => void;
}

const Looks = createContext<Look>({ appearance: "system", isDark: false, choose: () => {} });

/** How the page looks, and how to change it. Charts and editors ask it whether it is dark. */
export const useAppearance = () => useContext(Looks);

/** Eight series colours that are told apart, also by those who see fewer colours; for both appearances. */
export const SERIES = ["#3b7dd8", "#e0872f", "#2f9e77", "#b8539b", "#7a6ad8", "#c9a227", "#3aa6b9", "#d0524b"];

export function ThemeProvider({ children }: { children: ReactNode }) {
  const [appearance, setAppearance] = useState<Appearance>(() => (localStorage.getItem(KEY) as Appearance) ?? "system");
  const prefersDark = useSyncExternalStore(watchSystem, () => DARK_SYSTEM.matches);
  const isDark = appearance === "dark" || (appearance === "system" && prefersDark);
  useEffect(() => {
    document.documentElement.style.colorScheme = isDark ? "dark" : "light";
  }, [isDark]);
  const look = useMemo(() => {
    const choose = (chosen: Appearance) => {
      localStorage.setItem(KEY, chosen);
      setAppearance(chosen);
    };
    return { appearance, isDark, choose };
  }, [appearance, isDark]);
  return (
    <Looks.Provider value={look}>
      <FluentProvider theme={isDark ? DARK : LIGHT} style={{ height: "100%" }}>
        {children}
      </FluentProvider>
    </Looks.Provider>
  );
}

const DARK_SYSTEM = window.matchMedia("(prefers-color-scheme: dark)");

function watchSystem(changed: () => void) {
  DARK_SYSTEM.addEventListener("change", changed);
  return () => DARK_SYSTEM.removeEventListener("change", changed);
}
