/** Monaco, loaded only where a text is edited. */
import { Spinner } from "@fluentui/react-components";
import { lazy, Suspense } from "react";
import type { EditorProps } from "@/parts/monaco";

const Monaco = lazy(() => import("@/parts/monaco"));

/** An editor for YAML, JSON or code, with the markers and completions one gives it. */
export function Editor(props: EditorProps) {
  return (
    <Suspense fallback={<Spinner style={{ height: props.height ?? "100%" }} />}>
      <Monaco {...props} />
    </Suspense>
  );
}
