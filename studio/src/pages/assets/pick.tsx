/** Files of this machine: chosen, or dropped where they are wanted. */
import { Button, makeStyles, mergeClasses, Text, tokens } from "@fluentui/react-components";
import { ArrowUpload20Regular, FolderOpen20Regular } from "@fluentui/react-icons";
import { type DragEvent, type ReactNode, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Chosen, dropped, type Picked, pickedOf } from "@/pages/author/upload";
import { size } from "@/parts/said";

const useStyles = makeStyles({
  drop: {
    display: "grid",
    gap: "8px",
    padding: "10px 12px",
    border: `1px dashed ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  over: { backgroundColor: tokens.colorBrandBackground2, border: `1px dashed ${tokens.colorBrandStroke1}` },
  line: { display: "flex", gap: "8px", alignItems: "center", flexWrap: "wrap" },
  quiet: { color: tokens.colorNeutralForeground3 },
});

interface Props {
  take: (chosen: Chosen) => void;
  /** What was taken, to be said. */
  picked?: Picked[];
  isSmall?: boolean;
  disabled?: boolean;
  /** Other ways to choose, beside the two. */
  beside?: ReactNode;
  /** What stands below. */
  children?: ReactNode;
}

export function PickFiles({ take, picked = [], isSmall, disabled, beside, children }: Props) {
  const styles = useStyles();
  const { t } = useTranslation();
  const [isOver, setOver] = useState(false);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const given = (chosen: Chosen) => {
    if (chosen.picked.length && !disabled) take(chosen);
  };
  const drop = async (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    given(await dropped(event.dataTransfer));
  };
  const input = {
    type: "file",
    hidden: true,
    multiple: true,
    onChange: ({ target }: { target: HTMLInputElement }) => {
      const chosen = pickedOf(target.files ?? []);
      target.value = ""; // or the same files could not be chosen again
      given(chosen);
    },
  };
  const button = { size: isSmall ? ("small" as const) : undefined, disabled };
  return (
    <div
      role="group"
      className={mergeClasses(styles.drop, isOver && styles.over)}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <div className={styles.line}>
        <Button {...button} icon={<FolderOpen20Regular />} onClick={() => folder.current?.click()}>
          {t("Choose a folder")}
        </Button>
        <Button {...button} icon={<ArrowUpload20Regular />} onClick={() => files.current?.click()}>
          {t("Choose files")}
        </Button>
        {beside}
        <Text size={200} className={styles.quiet}>
          {t("or drop them here")}
        </Text>
      </div>
      {picked.length > 0 && (
        <Text size={200}>
          {t("{{count}} files, {{size}}", {
            count: picked.length,
            size: size(picked.reduce((sum, { file }) => sum + file.size, 0)),
          })}
        </Text>
      )}
      {children}
      <input ref={folder} aria-label={t("Choose a folder")} {...input} {...{ webkitdirectory: "" }} />
      <input ref={files} aria-label={t("Choose files")} {...input} />
    </div>
  );
}
