/** The frame of one asset: its name, a switch of versions, tabs, archive and delete. */
import {
  Badge,
  Button,
  Dropdown,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Option,
  Tooltip,
} from "@fluentui/react-components";
import { Archive20Regular, ArrowUndo20Regular, Delete20Regular, MoreHorizontal20Regular } from "@fluentui/react-icons";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { useWorkspace } from "@/api/workspace";
import { addressOf, type Kind, sent, useEdit, useVersions, type Version } from "@/pages/assets/reads";
import { Asked } from "@/parts/asked";
import { Confirm } from "@/parts/confirm";
import { Page } from "@/parts/page";
import { Empty, Guard } from "@/parts/problem";
import { useTell, useTellProblem } from "@/shell/told";

interface Tab {
  key: string;
  text: string;
  /** Its content scrolls by itself. */
  full?: boolean;
  content: (version: Version, versions: Version[]) => ReactNode;
}

interface Props {
  kind: Kind;
  /** The name of the list above. */
  above: string;
  tabs: (version: Version) => Tab[];
  actions?: (version: Version) => ReactNode;
  /** Whether it can be changed: what comes with the server cannot. */
  isFixed?: boolean;
}

export function AssetPage({ kind, above, tabs, actions, isFixed }: Props) {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const { name = "", version: said, tab: wanted } = useParams();
  const versions = useVersions(kind, name);
  const all = versions.data ?? [];
  const version = said
    ? all.find((each) => each.name === said)
    : (all.find((each) => !each.properties.isArchived) ?? all[0]);
  const offered = version ? tabs(version) : [];
  const tab = offered.find(({ key }) => key === wanted) ?? offered[0];
  return (
    <Page
      title={name}
      crumbs={[{ text: above, to: to(kind) }]}
      beside={
        version && (
          <>
            <Versions kind={kind} name={name} of={all} here={version.name} tab={wanted} />
            {version.properties.isArchived && <Badge appearance="outline">{t("Archived")}</Badge>}
          </>
        )
      }
      actions={
        version && (
          <>
            {actions?.(version)}
            {!isFixed && <More kind={kind} name={name} version={version} isLast={all.length === 1} />}
          </>
        )
      }
      tabs={offered.map(({ key, text }) => ({ key, text, to: to(kind, name, version?.name ?? "", key) }))}
      tab={tab?.key ?? ""}
      full={tab?.full}
    >
      <Asked of={versions}>
        {() =>
          version && tab ? (
            <Guard key={`${version.name} ${tab.key}`}>{tab.content(version, all)}</Guard>
          ) : (
            <Empty title={t("There is no such version")} hint={said} />
          )
        }
      </Asked>
    </Page>
  );
}

interface VersionsProps {
  kind: Kind;
  name: string;
  of: Version[];
  here: string;
  tab?: string;
}

function Versions({ kind, name, of, here, tab }: VersionsProps) {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  return (
    <Dropdown
      size="small"
      style={{ minWidth: 130 }}
      aria-label={t("Version")}
      value={t("Version {{version}}", { version: here })}
      selectedOptions={[here]}
      onOptionSelect={(_, { optionValue }) =>
        optionValue && navigate(to(kind, name, optionValue, ...(tab ? [tab] : [])))
      }
    >
      {of.map((each) => (
        <Option key={each.name} value={each.name} text={each.name}>
          {each.properties.isArchived ? t("{{version}} (archived)", { version: each.name }) : each.name}
        </Option>
      ))}
    </Dropdown>
  );
}

function More({ kind, name, version, isLast }: { kind: Kind; name: string; version: Version; isLast: boolean }) {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const tell = useTell();
  const tellProblem = useTellProblem();
  const [isAsking, setAsking] = useState(false);
  const edit = useEdit(kind, name, version.name);
  const { id } = useWorkspace();
  const queries = useQueryClient();
  const remove = async () => {
    const address = addressOf(kind, name, version.name);
    await sent("DELETE", id + address);
    tell({ title: t("{{name}} is deleted", { name: told }) });
    navigate(isLast ? to(kind) : to(kind, name));
    // What is gone is not asked for again, also where the page that showed it is still there for a moment.
    await queries.invalidateQueries({
      predicate: ({ queryKey: [within, path, , of] }) =>
        within === id &&
        String(path).startsWith(`/${kind}`) &&
        !String(path).startsWith(address) &&
        !(isLast && of === name),
    });
  };
  const isArchived = !!version.properties.isArchived;
  const archive = () =>
    edit
      .mutateAsync({ isArchived: !isArchived })
      .then(() => tell({ title: isArchived ? t("It is listed again") : t("It is archived") }))
      .catch(tellProblem);
  const told = `${name}:${version.name}`;
  return (
    <>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <Tooltip content={t("More")} relationship="label">
            <Button icon={<MoreHorizontal20Regular />} />
          </Tooltip>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <MenuItem icon={isArchived ? <ArrowUndo20Regular /> : <Archive20Regular />} onClick={() => void archive()}>
              {isArchived ? t("Restore") : t("Archive")}
            </MenuItem>
            <MenuItem icon={<Delete20Regular />} onClick={() => setAsking(true)}>
              {t("Delete")}
            </MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
      <Confirm
        title={t("Delete {{name}}?", { name: told })}
        verb={t("Delete")}
        isOpen={isAsking}
        close={() => setAsking(false)}
        act={() => remove().catch(tellProblem)}
      >
        {t("What refers to this version will not find it. Archiving hides it, and keeps it for those.")}
      </Confirm>
    </>
  );
}
