/** The tags of a job: seen, added and taken away. */
import {
  Button,
  Input,
  InteractionTag,
  InteractionTagPrimary,
  InteractionTagSecondary,
  makeStyles,
} from "@fluentui/react-components";
import { Add16Regular } from "@fluentui/react-icons";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useChange, useWorkspace } from "@/api/workspace";
import { useJob } from "@/pages/job/job";
import { useTellProblem } from "@/shell/told";

const useStyles = makeStyles({
  tags: { display: "flex", flexWrap: "wrap", gap: "6px" },
  form: { display: "flex", gap: "6px", marginTop: "10px", alignItems: "center" },
  input: { minWidth: 0, flex: 1 },
});

export function Tags() {
  const styles = useStyles();
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const { name, job } = useJob();
  const tellProblem = useTellProblem();
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const tags = Object.entries(job.properties.tags ?? {});
  const change = useChange(
    (changed: Record<string, string | null>, { api }) =>
      api.PATCH("/jobs/{name}", { params: { path: { name } }, body: { properties: { tags: changed } } } as never),
    "/job",
  );
  const add = async (event: FormEvent) => {
    event.preventDefault();
    try {
      await change.mutateAsync({ [key.trim()]: value });
      setKey("");
      setValue("");
    } catch (error) {
      tellProblem(error);
    }
  };
  const remove = (tag: string) => change.mutateAsync({ [tag]: null }).catch(tellProblem);
  return (
    <>
      <div className={styles.tags}>
        {tags.map(([tag, said]) => (
          <InteractionTag key={tag} size="small" appearance="outline">
            <InteractionTagPrimary
              hasSecondaryAction
              onClick={() =>
                navigate(`${to("jobs")}?filter=${encodeURIComponent(`tags.${tag} = '${said.replaceAll("'", "\\'")}'`)}`)
              }
            >
              {said ? `${tag}: ${said}` : tag}
            </InteractionTagPrimary>
            <InteractionTagSecondary
              aria-label={t("Remove the tag {{tag}}", { tag })}
              onClick={() => void remove(tag)}
            />
          </InteractionTag>
        ))}
      </div>
      <form className={styles.form} onSubmit={(event) => void add(event)}>
        <Input
          size="small"
          className={styles.input}
          placeholder={t("Tag")}
          aria-label={t("Tag")}
          value={key}
          onChange={(_, data) => setKey(data.value)}
        />
        <Input
          size="small"
          className={styles.input}
          placeholder={t("Value")}
          aria-label={t("Value")}
          value={value}
          onChange={(_, data) => setValue(data.value)}
        />
        <Button size="small" type="submit" icon={<Add16Regular />} disabled={!key.trim() || change.isPending}>
          {t("Add")}
        </Button>
      </form>
    </>
  );
}
