/** What people say of an asset: description and tags, to be changed where they stand. */
import {
  Button,
  Field,
  Input,
  InteractionTag,
  InteractionTagPrimary,
  InteractionTagSecondary,
  makeStyles,
  Text,
  Textarea,
  Tooltip,
  tokens,
} from "@fluentui/react-components";
import { Add16Regular, Edit16Regular } from "@fluentui/react-icons";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Kind, useEdit, type Version } from "@/pages/assets/reads";
import { Written } from "@/pages/job/named";
import { Card } from "@/parts/said";
import { useTellProblem } from "@/shell/told";

export const useSheet = makeStyles({
  cards: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fit, minmax(400px, 1fr))",
    gap: "16px",
    alignItems: "start",
  },
  column: { display: "grid", gap: "16px", minWidth: 0 },
  wide: { gridColumn: "1 / -1", minWidth: 0 },
});

const useStyles = makeStyles({
  tags: { display: "flex", flexWrap: "wrap", gap: "6px" },
  form: { display: "flex", gap: "6px", marginTop: "10px", alignItems: "center" },
  input: { minWidth: 0, flex: 1 },
  quiet: { color: tokens.colorNeutralForeground3 },
  buttons: { display: "flex", gap: "8px", marginTop: "8px" },
});

interface Props {
  kind: Kind;
  name: string;
  version: Version;
  isFixed?: boolean;
}

export function Description({ kind, name, version, isFixed }: Props) {
  const styles = useStyles();
  const { t } = useTranslation();
  const tellProblem = useTellProblem();
  const edit = useEdit(kind, name, version.name);
  const said = version.properties.description ?? "";
  const [draft, setDraft] = useState<string | null>(null);
  const save = () =>
    edit
      .mutateAsync({ description: draft ?? "" })
      .then(() => setDraft(null))
      .catch(tellProblem);
  const change = (
    <Tooltip content={t("Edit description")} relationship="label">
      <Button size="small" appearance="subtle" icon={<Edit16Regular />} onClick={() => setDraft(said)} />
    </Tooltip>
  );
  return (
    <Card title={t("Description")} actions={draft === null && !isFixed && change}>
      {draft === null ? (
        said ? (
          <Written text={said} />
        ) : (
          <Text className={styles.quiet}>{t("Nothing is said of it yet.")}</Text>
        )
      ) : (
        <>
          <Field label={t("Description")}>
            <Textarea rows={5} value={draft} onChange={(_, { value }) => setDraft(value)} />
          </Field>
          <div className={styles.buttons}>
            <Button appearance="primary" disabled={edit.isPending} onClick={() => void save()}>
              {t("Save")}
            </Button>
            <Button onClick={() => setDraft(null)}>{t("Cancel")}</Button>
          </div>
        </>
      )}
    </Card>
  );
}

export function TagCard({ kind, name, version, isFixed }: Props) {
  const styles = useStyles();
  const { t } = useTranslation();
  const tellProblem = useTellProblem();
  const edit = useEdit(kind, name, version.name);
  const [[key, value], setNew] = useState(["", ""]);
  const tags = version.properties.tags ?? {};
  const add = (event: FormEvent) => {
    event.preventDefault();
    edit
      .mutateAsync({ tags: { ...tags, [key.trim()]: value } })
      .then(() => setNew(["", ""]))
      .catch(tellProblem);
  };
  const remove = (tag: string) => {
    const { [tag]: _, ...rest } = tags;
    edit.mutateAsync({ tags: rest }).catch(tellProblem);
  };
  return (
    <Card title={t("Tags")}>
      <div className={styles.tags}>
        {Object.entries(tags).map(([tag, said]) => (
          <InteractionTag key={tag} size="small" appearance="outline">
            <InteractionTagPrimary hasSecondaryAction={!isFixed}>
              {said ? `${tag}: ${said}` : tag}
            </InteractionTagPrimary>
            {!isFixed && (
              <InteractionTagSecondary aria-label={t("Remove the tag {{tag}}", { tag })} onClick={() => remove(tag)} />
            )}
          </InteractionTag>
        ))}
      </div>
      {isFixed ? null : (
        <form className={styles.form} onSubmit={add}>
          <Input
            size="small"
            className={styles.input}
            placeholder={t("Tag")}
            aria-label={t("Tag")}
            value={key}
            onChange={(_, data) => setNew([data.value, value ?? ""])}
          />
          <Input
            size="small"
            className={styles.input}
            placeholder={t("Value")}
            aria-label={t("Value")}
            value={value}
            onChange={(_, data) => setNew([key ?? "", data.value])}
          />
          <Button size="small" type="submit" icon={<Add16Regular />} disabled={!key?.trim() || edit.isPending}>
            {t("Add")}
          </Button>
        </form>
      )}
    </Card>
  );
}
