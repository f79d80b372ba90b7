/** Where one writes a Dockerfile, and chooses the folder beside it. */
import { Button, Field, Text } from "@fluentui/react-components";
import { Dismiss16Regular, FolderOpen20Regular } from "@fluentui/react-icons";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { pickedOf } from "@/pages/author/upload";
import { type Context, contextIn, contextOf } from "@/pages/environments/context";
import { Editor } from "@/parts/editor";
import { size } from "@/parts/said";

interface Props {
  context: Context;
  change: (context: Context) => void;
}

export function Dockerfile({ context, change }: Props) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const { place, picked, folder, dockerfile, text } = context;
  const choose = async (files: FileList | null) => {
    if (!files?.length) return;
    const { name, picked: chosen } = pickedOf(files);
    change(await contextIn(context, name, chosen));
  };
  const bytes = picked.reduce((sum, { file }) => sum + file.size, 0);
  return (
    <>
      <Field
        label={t("Files beside it")}
        hint={t("What COPY and ADD take. Files that .gitignore or .amlignore names are left out.")}
      >
        <div style={{ display: "flex", gap: 8, alignItems: "center", flexWrap: "wrap" }}>
          <Button icon={<FolderOpen20Regular />} onClick={() => input.current?.click()}>
            {t("Choose a folder")}
          </Button>
          <input
            ref={input}
            type="file"
            hidden
            aria-label={t("Files beside it")}
            {...{ webkitdirectory: "" }}
            onChange={({ target }) => void choose(target.files)}
          />
          <Text truncate wrap={false}>
            {place
              ? t("As of the other environment")
              : picked.length
                ? `${folder}: ${t("{{count}} files, {{size}}", { count: picked.length, size: size(bytes) })}`
                : t("None")}
          </Text>
          {(place || picked.length > 0) && (
            <Button
              size="small"
              appearance="subtle"
              icon={<Dismiss16Regular />}
              onClick={() => change({ ...contextOf(null), text })}
            >
              {t("Without them")}
            </Button>
          )}
        </div>
      </Field>
      {!place && (
        <Field label={dockerfile} required>
          <Editor
            label={dockerfile}
            language="dockerfile"
            height={260}
            value={text}
            onChange={(said) => change({ ...context, text: said })}
          />
        </Field>
      )}
    </>
  );
}
