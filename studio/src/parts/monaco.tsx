import { makeStyles, tokens } from "@fluentui/react-components";
import { editor, type IDisposable, type IRange, languages } from "monaco-editor/editor";
import "monaco-editor/features/register.all";
import "monaco-editor/languages/definitions/python/register";
import "monaco-editor/languages/definitions/yaml/register";
import "monaco-editor/languages/definitions/dockerfile/register";
import "monaco-editor/languages/definitions/shell/register";
import "monaco-editor/languages/definitions/r/register";
import EditorWorker from "monaco-editor/editor/editor.worker?worker";
import { useEffect, useRef } from "react";
import { useAppearance } from "@/shell/theme";

self.MonacoEnvironment = { getWorker: () => new EditorWorker() };

export interface Marker {
  line: number;
  column?: number;
  message: string;
  severity?: "error" | "warning";
}

/** What could stand at a place; `at` gives the words for a position (1-based), for a text. */
export type Complete = (text: string, line: number, column: number) => Suggestion[];

export interface Suggestion {
  label: string;
  insert?: string;
  detail?: string;
  documentation?: string;
}

export interface EditorProps {
  value: string;
  onChange?: (value: string) => void;
  language?: string;
  readOnly?: boolean;
  label: string;
  height?: string | number;
  markers?: Marker[];
  complete?: Complete;
}

const useStyles = makeStyles({
  box: {
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    overflow: "hidden",
    minHeight: 0,
  },
});

export default function Monaco({
  value,
  onChange,
  language = "yaml",
  readOnly,
  label,
  height = "100%",
  markers,
  complete,
}: EditorProps) {
  const { isDark } = useAppearance();
  const box = useRef<HTMLDivElement>(null);
  const made = useRef<editor.IStandaloneCodeEditor>(null);
  const changed = useRef(onChange);
  changed.current = onChange;
  const completes = useRef(complete);
  completes.current = complete;

  // biome-ignore lint/correctness/useExhaustiveDependencies: made once; what changes later is given to it below
  useEffect(() => {
    const one = editor.create(box.current as HTMLElement, {
      value,
      language,
      readOnly,
      automaticLayout: true,
      minimap: { enabled: false },
      scrollBeyondLastLine: false,
      fontSize: 13,
      tabSize: 2,
      ariaLabel: label,
      padding: { top: 8, bottom: 8 },
      fixedOverflowWidgets: true,
      quickSuggestions: { strings: true, other: true, comments: false },
    });
    made.current = one;
    const ends: IDisposable[] = [one, one.onDidChangeModelContent(() => changed.current?.(one.getValue()))];
    ends.push(languages.registerCompletionItemProvider(language, provider(one, completes)));
    return () => {
      one.getModel()?.dispose();
      for (const each of ends) each.dispose();
    };
  }, []);
  useEffect(() => {
    if (made.current && made.current.getValue() !== value) made.current.setValue(value);
  }, [value]);
  useEffect(() => made.current?.updateOptions({ readOnly }), [readOnly]);
  useEffect(() => editor.setTheme(isDark ? "vs-dark" : "vs"), [isDark]);
  useEffect(() => {
    const model = made.current?.getModel();
    if (model)
      editor.setModelMarkers(
        model,
        "lazuli",
        (markers ?? []).map((each) => marked(each, model)),
      );
  }, [markers]);
  return <div ref={box} className={useStyles().box} style={{ height }} />;
}

function marked(marker: Marker, model: editor.ITextModel): editor.IMarkerData {
  const line = Math.max(1, Math.min(marker.line, model.getLineCount()));
  const severity = marker.severity === "warning" ? 4 : 8;
  return {
    severity,
    message: marker.message,
    startLineNumber: line,
    endLineNumber: line,
    startColumn: marker.column ?? 1,
    endColumn: model.getLineMaxColumn(line),
  };
}

function provider(
  one: editor.IStandaloneCodeEditor,
  complete: { current: Complete | undefined },
): languages.CompletionItemProvider {
  return {
    triggerCharacters: [":", " ", ".", "\n"],
    provideCompletionItems(model, { lineNumber, column }) {
      if (model !== one.getModel() || !complete.current) return { suggestions: [] };
      const word = model.getWordUntilPosition({ lineNumber, column });
      const range: IRange = {
        startLineNumber: lineNumber,
        endLineNumber: lineNumber,
        startColumn: word.startColumn,
        endColumn: word.endColumn,
      };
      const suggestions = complete.current(model.getValue(), lineNumber, column).map((each) => ({
        label: each.label,
        insertText: each.insert ?? each.label,
        detail: each.detail,
        documentation: each.documentation,
        kind: languages.CompletionItemKind.Property,
        range,
      }));
      return { suggestions };
    },
  };
}
