/** The bar above every page: where one is, search, what happened, and oneself. */
import {
  Button,
  Image,
  Menu,
  MenuDivider,
  MenuGroup,
  MenuGroupHeader,
  MenuItem,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  Tooltip,
  tokens,
} from "@fluentui/react-components";
import { ChevronDown12Regular, PersonCircle24Regular, Search16Regular, SignOut20Regular } from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { useWorkspaceMaybe } from "@/api/workspace";
import { useWorkspaces } from "@/api/workspaces";
import { chooseLanguage, LANGUAGES, type Language } from "@/shell/language";
import { News } from "@/shell/news";
import { Search, useSearch } from "@/shell/search";
import { useSession } from "@/shell/session";
import { type Appearance, useAppearance } from "@/shell/theme";

const useStyles = makeStyles({
  bar: {
    display: "flex",
    alignItems: "center",
    gap: "12px",
    height: "100%",
    padding: "0 12px",
    backgroundColor: tokens.colorNeutralBackground1,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  home: {
    display: "flex",
    alignItems: "center",
    gap: "10px",
    fontWeight: tokens.fontWeightSemibold,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: "none",
  },
  search: {
    flex: "0 1 440px",
    margin: "0 auto",
    display: "flex",
    justifyContent: "flex-start",
    fontWeight: tokens.fontWeightRegular,
    color: tokens.colorNeutralForeground3,
  },
  keys: { marginLeft: "auto", fontFamily: "inherit", fontSize: tokens.fontSizeBase200 },
});

export function Bar() {
  const styles = useStyles();
  const { t } = useTranslation();
  const workspace = useWorkspaceMaybe();
  const search = useSearch();
  return (
    <div className={styles.bar}>
      <Link to={workspace?.to() ?? "/workspaces"} className={styles.home}>
        <Image src="/studio/mark.svg" width={22} height={22} alt="" />
        Lazuli
      </Link>
      <Switcher />
      <Button className={styles.search} icon={<Search16Regular />} onClick={search.open} disabled={!workspace}>
        {t("Search")}
        <kbd className={styles.keys}>Ctrl K</kbd>
      </Button>
      {workspace && <Search {...search} />}
      {workspace && <News />}
      <Person />
    </div>
  );
}

function Switcher() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const here = useWorkspaceMaybe();
  const workspaces = useWorkspaces();
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <Button appearance="subtle" icon={<ChevronDown12Regular />} iconPosition="after">
          {here?.workspace ?? t("Choose a workspace")}
        </Button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList style={{ maxHeight: "60vh", overflow: "auto" }}>
          {workspaces.data?.map((each) => (
            <MenuItem key={each.id} secondaryContent={each.group} onClick={() => navigate(each.to())}>
              {each.workspace}
            </MenuItem>
          ))}
          <MenuDivider />
          <MenuItem onClick={() => navigate("/workspaces")}>{t("All workspaces")}</MenuItem>
          <MenuItem onClick={() => navigate("/workspaces/create")}>{t("Create workspace")}</MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

const APPEARANCES: [Appearance, string][] = [
  ["system", "As the system"],
  ["light", "Light"],
  ["dark", "Dark"],
];

function Person() {
  const { t, i18n } = useTranslation();
  const { principal, leave } = useSession();
  const { appearance, choose } = useAppearance();
  const checked = { appearance: [appearance], language: [i18n.language] };
  return (
    <Menu
      checkedValues={checked}
      onCheckedValueChange={(_, { name, checkedItems: [chosen] }) => {
        if (name === "appearance") choose(chosen as Appearance);
        else void chooseLanguage(chosen as Language);
      }}
    >
      <MenuTrigger disableButtonEnhancement>
        <Tooltip content={t("You, appearance, language")} relationship="label">
          <Button appearance="subtle" icon={<PersonCircle24Regular />} />
        </Tooltip>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuGroup>
            <MenuGroupHeader>{t("Signed in as {{name}}", { name: principal.name })}</MenuGroupHeader>
          </MenuGroup>
          <MenuDivider />
          <MenuGroup>
            <MenuGroupHeader>{t("Appearance")}</MenuGroupHeader>
            {APPEARANCES.map(([value, text]) => (
              <MenuItemRadio key={value} name="appearance" value={value}>
                {t(text)}
              </MenuItemRadio>
            ))}
          </MenuGroup>
          <MenuDivider />
          <MenuGroup>
            <MenuGroupHeader>{t("Language")}</MenuGroupHeader>
            {Object.entries(LANGUAGES).map(([value, text]) => (
              <MenuItemRadio key={value} name="language" value={value}>
                {text}
              </MenuItemRadio>
            ))}
          </MenuGroup>
          <MenuDivider />
          <MenuItem icon={<SignOut20Regular />} onClick={() => void leave()}>
            {t("Log out")}
          </MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
