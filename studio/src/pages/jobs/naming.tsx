/** Gives a view of the table a name, to keep it. */
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
  Text,
} from "@fluentui/react-components";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useChange } from "@/api/workspace";
import { type Kept, PAGE } from "@/pages/jobs/saved";
import { CopyButton } from "@/parts/said";
import { useTell, useTellProblem } from "@/shell/told";

export default function Naming({ address, close, kept }: { address: string; close: () => void; kept: Kept[] }) {
  const { t } = useTranslation();
  const tell = useTell();
  const tellProblem = useTellProblem();
  const [title, setTitle] = useState("");
  const same = kept.find(({ content }) => content.title === title.trim());
  const keep = useChange<string>((said, { api }) => {
    const name = same?.name ?? `${PAGE}-${Date.now().toString(36)}`;
    const body = { content: { page: PAGE, title: said, address } };
    return api.PUT("/views/{name}" as never, { params: { path: { name } }, body } as never);
  }, "/views");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    keep.mutate(title.trim(), {
      onSuccess: () => {
        tell({ title: t("The view “{{title}}” is saved", { title: title.trim() }) });
        close();
      },
      onError: tellProblem,
    });
  };
  return (
    <Dialog open onOpenChange={(_, { open }) => open || close()}>
      <DialogSurface>
        <form onSubmit={submit}>
          <DialogBody>
            <DialogTitle>{t("Save this view")}</DialogTitle>
            <DialogContent>
              <Field
                label={t("Name")}
                validationState={same ? "warning" : "none"}
                validationMessage={same && t("A view of this name is there; it will be replaced.")}
              >
                <Input autoFocus value={title} onChange={(_, { value }) => setTitle(value)} />
              </Field>
              <Text size={200} block style={{ marginTop: 12 }}>
                {t("Only you see your views. To share this one, copy its address:")}{" "}
                <CopyButton text={location.href} label={t("Copy the address")} />
              </Text>
            </DialogContent>
            <DialogActions>
              <Button onClick={close}>{t("Cancel")}</Button>
              <Button type="submit" appearance="primary" disabled={!title.trim() || keep.isPending}>
                {t("Save")}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
