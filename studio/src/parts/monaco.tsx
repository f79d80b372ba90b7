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
  /** The column (1-based) of what it replaces; where the word at the cursor begins if nothing is said. */
  from?: number;
  /** Shown before others. */
  first?: boolean;
}

/** What is told of a place when the mouse rests there, in Markdown. */
export type Hover = (text: string, line: number, column: number) => string | null;

export interface EditorProps {
  value: string;
  onChange?: (value: string) => void;
  language?: string;
  readOnly?: boolean;
  label: string;
  height?: string | number;
  markers?: Marker[];
  complete?: Complete;
  hover?: Hover;
  /** A line to go to: another object goes there again. */
  goTo?: { line: number } | null;
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
  hover,
  goTo,
}: EditorProps) {
  const { isDark } = useAppearance();
  const box = useRef<HTMLDivElement>(null);
  const made = useRef<editor.IStandaloneCodeEditor>(null);
  const changed = useRef(onChange);
  changed.current = onChange;
  const completes = useRef(complete);
  completes.current = complete;
  /** What was told and has not come back yet. */
  const told = useRef<string[]>([]);
  const hovers = useRef(hover);
  hovers.current = hover;

  // biome-ignore lint/correctness/useExhaustiveDependencies: made once; what changes later is given to it below
  useEffect(() => {
    const one = editor.create(box.current as HTMLElement, {
      value,
      language,
      readOnly,
      automaticLayout: true,
      minimap: { enabled: false },
      scrollBeyondLastLine: false,
      renderFinalNewline: "on", // dimmed, its number could hardly be read
      fontSize: 13,
      tabSize: 2,
      ariaLabel: label,
      padding: { top: 8, bottom: 8 },
      fixedOverflowWidgets: true,
      quickSuggestions: { strings: true, other: true, comments: false },
    });
    made.current = one;
    const tell = () => {
      const text = one.getValue();
      told.current.push(text);
      changed.current?.(text);
    };
    const ends: IDisposable[] = [one, one.onDidChangeModelContent(tell)];
    ends.push(languages.registerCompletionItemProvider(language, provider(one, completes)));
    ends.push(languages.registerHoverProvider(language, teller(one, hovers)));
    return () => {
      one.getModel()?.dispose();
      for (const each of ends) each.dispose();
    };
  }, []);
  useEffect(() => {
    const echo = told.current.indexOf(value);
    if (echo >= 0) {
      told.current.splice(0, echo + 1);
      return; // what was typed comes back, perhaps after more was typed
    }
    if (made.current && made.current.getValue() !== value) replace(made.current, value);
    told.current.length = 0;
  }, [value]);
  useEffect(() => {
    if (!goTo) return;
    made.current?.revealLineInCenter(goTo.line);
    made.current?.setPosition({ lineNumber: goTo.line, column: 1 });
    made.current?.focus();
  }, [goTo]);
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

/** Another text from outside: it can be undone, and the cursor stays. A read-only editor takes no edits. */
function replace(one: editor.IStandaloneCodeEditor, value: string) {
  const model = one.getModel();
  if (!model || one.getOption(editor.EditorOption.readOnly)) return one.setValue(value);
  model.pushEditOperations(one.getSelections(), [{ range: model.getFullModelRange(), text: value }], () =>
    one.getSelections(),
  );
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
      const suggestions = complete.current(model.getValue(), lineNumber, column).map((each, index) => {
        const place = each.from ? { ...range, startColumn: each.from } : range;
        return {
          label: each.label,
          insertText: each.insert ?? each.label,
          detail: each.detail,
          documentation: each.documentation,
          kind: languages.CompletionItemKind.Property,
          sortText: `${each.first ? 0 : 1}${String(index).padStart(4, "0")}`,
          filterText: model.getValueInRange(place).startsWith("azureml:")
            ? each.label
            : each.label.replace(/^azureml:/, ""),
          command: each.insert?.match(/[ :]$/) ? { id: "editor.action.triggerSuggest", title: "" } : undefined,
          range: place,
        };
      });
      return { suggestions };
    },
  };
}

function teller(one: editor.IStandaloneCodeEditor, hover: { current: Hover | undefined }): languages.HoverProvider {
  return {
    provideHover(model, { lineNumber, column }) {
      const told = model === one.getModel() && hover.current?.(model.getValue(), lineNumber, column);
      return told ? { contents: [{ value: told }] } : null;
    },
  };
}
