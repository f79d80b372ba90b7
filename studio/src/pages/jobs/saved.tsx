/** Views of the table that one has kept, to come back to. */
import {
  Menu,
  MenuButton,
  MenuDivider,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from "@fluentui/react-components";
import { Bookmark20Regular, Checkmark16Regular, Delete16Regular } from "@fluentui/react-icons";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useChange, useGet } from "@/api/workspace";
import { addressOf, START, type View, viewOf } from "@/pages/jobs/view";
import { useTellProblem } from "@/shell/told";

const Naming = lazy(() => import("@/pages/jobs/naming"));

export interface Kept {
  name: string;
  content: { page?: string; title?: string; address?: string };
}

export const PAGE = "jobs";

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
      <Suspense>{isNaming && <Naming address={address} close={() => setNaming(false)} kept={kept} />}</Suspense>
    </>
  );
}
