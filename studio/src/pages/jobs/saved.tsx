/** Views of the table that one has kept, to come back to. */
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
  Menu,
  MenuButton,
  MenuDivider,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Text,
} from "@fluentui/react-components";
import { Bookmark20Regular, Checkmark16Regular, Delete16Regular } from "@fluentui/react-icons";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useChange, useGet } from "@/api/workspace";
import { addressOf, START, type View, viewOf } from "@/pages/jobs/view";
import { CopyButton } from "@/parts/said";
import { useTell, useTellProblem } from "@/shell/told";

interface Kept {
  name: string;
  content: { page?: string; title?: string; address?: string };
}

const PAGE = "jobs";

/** The views of the table of jobs that one has kept, by their titles. */
function useKept() {
  const asked = useGet<{ value: Kept[] }>("/views" as never, {}, { staleTime: 60_000 });
  const kept = (asked.data?.value ?? []).filter(
    ({ content }) => content.page === PAGE && content.address !== undefined,
  );
  return kept.sort((one, other) => (one.content.title ?? "").localeCompare(other.content.title ?? ""));
}

interface Props {
  view: View;
  show: (view: View) => void;
}

export function SavedViews({ view, show }: Props) {
  const { t } = useTranslation();
  const kept = useKept();
  const tellProblem = useTellProblem();
  const [isNaming, setNaming] = useState(false);
  const address = addressOf(view).toString();
  const shown = kept.find(({ content }) => content.address === address);
  const forget = useChange<string>(
    (name, { api }) => api.DELETE("/views/{name}" as never, { params: { path: { name } } } as never),
    "/views",
  );
  return (
    <>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <MenuButton appearance="subtle" icon={<Bookmark20Regular />}>
            {shown?.content.title ?? t("Views")}
          </MenuButton>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <MenuItem icon={address === "" ? <Checkmark16Regular /> : <span />} onClick={() => show({ ...START })}>
              {t("All jobs")}
            </MenuItem>
            {kept.map((each) => (
              <MenuItem
                key={each.name}
                icon={each === shown ? <Checkmark16Regular /> : <span />}
                onClick={() => show(viewOf(new URLSearchParams(each.content.address)))}
              >
                {each.content.title}
              </MenuItem>
            ))}
            <MenuDivider />
            <MenuItem disabled={address === "" || shown !== undefined} onClick={() => setNaming(true)}>
              {t("Save this view…")}
            </MenuItem>
            {shown && (
              <MenuItem icon={<Delete16Regular />} onClick={() => forget.mutate(shown.name, { onError: tellProblem })}>
                {t("Forget “{{title}}”", { title: shown.content.title })}
              </MenuItem>
            )}
          </MenuList>
        </MenuPopover>
      </Menu>
      {isNaming && <Naming address={address} close={() => setNaming(false)} kept={kept} />}
    </>
  );
}

function Naming({ address, close, kept }: { address: string; close: () => void; kept: Kept[] }) {
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
