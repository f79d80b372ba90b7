/**
 * The user's language. English is what the code says (`t("Create workspace")`); each page's `zh.json` beside it says
 * the same in Chinese, and is loaded only where it is wanted.
 */
import i18next from "i18next";
import { initReactI18next } from "react-i18next";

export const LANGUAGES = { en: "English", zh: "简体中文" } as const;
export type Language = keyof typeof LANGUAGES;
const KEY = "lazuli.language";
/** Where one of a thing is said otherwise than many. */
const ONE = {
  "{{count}} files, {{size}}_one": "{{count}} file, {{size}}",
  "{{name}}: {{count}} files, {{size}}_one": "{{name}}: {{count}} file, {{size}}",
  "{{count}} files are uploaded_one": "{{count}} file is uploaded",
  "{{count}} packages_one": "{{count}} package",
  "{{count}} steps, up to {{step}}_one": "{{count}} step, up to {{step}}",
};
const CHINESE = import.meta.glob<Record<string, string>>("../**/zh.json", { import: "default" });

/** Speak the language that was chosen, or the browser's. */
export async function startLanguage(): Promise<void> {
  const asked = localStorage.getItem(KEY) ?? (navigator.language.startsWith("zh") ? "zh" : "en");
  await i18next.use(initReactI18next).init({
    lng: "en",
    fallbackLng: false,
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
    resources: { en: { translation: ONE } },
    returnEmptyString: false,
  });
  await speak(asked in LANGUAGES ? (asked as Language) : "en");
}

/** Change the language of the page. */
export async function speak(language: Language): Promise<void> {
  if (language === "zh" && !i18next.hasResourceBundle("zh", "translation")) {
    const pieces = await Promise.all(Object.values(CHINESE).map((load) => load()));
    i18next.addResourceBundle("zh", "translation", Object.assign({}, ...pieces));
  }
  await i18next.changeLanguage(language);
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
}

/** Change it, and remember. */
export function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(KEY, language);
  return speak(language);
}
