/** The quick filters beside the filter language: status, type, experiment, mine, since when. */
import {
  Button,
  Input,
  Menu,
  MenuButton,
  MenuItemCheckbox,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
} from "@fluentui/react-components";
import { Search16Regular } from "@fluentui/react-icons";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { typeName } from "@/pages/jobs/columns";
import type { Words } from "@/pages/jobs/filter";
import { isNarrowed, type Since, START, type View } from "@/pages/jobs/view";

const useStyles = makeStyles({
  chips: { display: "flex", gap: "6px", flexWrap: "wrap", alignItems: "center" },
  popover: { maxHeight: "50vh", overflow: "auto" },
});

interface Props {
  view: View;
  change: (changes: Partial<View>) => void;
  words: Words | undefined;
}

export function Chips({ view, change, words }: Props) {
  const styles = useStyles();
  const { t } = useTranslation();
  return (
    <div className={styles.chips}>
      <Among
        title={t("Status")}
        of={words?.statuses ?? []}
        name={(word) => t(word)}
        chosen={view.status}
        choose={(status) => change({ status })}
      />
      <Among
        title={t("Type")}
        of={words?.types ?? []}
        name={(word) => typeName(word, t)}
        chosen={view.type}
        choose={(type) => change({ type })}
      />
      <Among
        title={t("Experiment")}
        of={words?.experiments ?? []}
        chosen={view.experiment}
        choose={(experiment) => change({ experiment })}
      />
      <When since={view.since} choose={(since) => change({ since })} />
      <Toggle isOn={view.mine} turn={(mine) => change({ mine })}>
        {t("Created by me")}
      </Toggle>
      <Toggle isOn={view.children} turn={(children) => change({ children })}>
        {t("Child jobs")}
      </Toggle>
      <Kept archived={view.archived} choose={(archived) => change({ archived })} />
      {isNarrowed(view) && (
        <Button
          size="small"
          appearance="transparent"
          onClick={() => {
            const { filter, status, type, experiment, mine, since } = START;
            change({ filter, status, type, experiment, mine, since });
          }}
        >
          {t("Clear all")}
        </Button>
      )}
    </div>
  );
}

function Toggle({ isOn, turn, children }: { isOn: boolean; turn: (on: boolean) => void; children: string }) {
  return (
    <Button
      size="small"
      shape="circular"
      appearance={isOn ? "primary" : "outline"}
      aria-pressed={isOn}
      onClick={() => turn(!isOn)}
    >
      {children}
    </Button>
  );
}

interface AmongProps {
  title: string;
  of: { name: string; count: number }[];
  name?: (word: string) => string;
  chosen: string[];
  choose: (chosen: string[]) => void;
}

const MANY = 12;

function Among({ title, of, name = (word) => word, chosen, choose }: AmongProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const [search, setSearch] = useState("");
  const gone = chosen
    .filter((word) => !of.some((each) => each.name === word))
    .map((word) => ({ name: word, count: 0 }));
  const all = [...of, ...gone];
  const found = all.filter((each) => name(each.name).toLowerCase().includes(search.toLowerCase())).slice(0, 100);
  const said = chosen.length === 0 ? title : `${title}: ${chosen.map(name).slice(0, 2).join(", ")}`;
  return (
    <Menu
      checkedValues={{ chosen }}
      onCheckedValueChange={(_, { checkedItems }) => choose(checkedItems)}
      onOpenChange={() => setSearch("")}
    >
      <MenuTrigger disableButtonEnhancement>
        <MenuButton size="small" shape="circular" appearance={chosen.length ? "primary" : "outline"}>
          {said}
          {chosen.length > 2 && ` +${chosen.length - 2}`}
        </MenuButton>
      </MenuTrigger>
      <MenuPopover>
        {all.length > MANY && (
          <Input
            size="small"
            style={{ width: "100%", marginBottom: 4 }}
            contentBefore={<Search16Regular />}
            aria-label={t("Search")}
            value={search}
            onChange={(_, { value }) => setSearch(value)}
          />
        )}
        <MenuList className={styles.popover}>
          {found.map((each) => (
            <MenuItemCheckbox key={each.name} name="chosen" value={each.name} secondaryContent={String(each.count)}>
              {name(each.name)}
            </MenuItemCheckbox>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

function When({ since, choose }: { since: Since; choose: (since: Since) => void }) {
  const { t } = useTranslation();
  const spans: [Since, string][] = [
    ["", t("Any time")],
    ["1h", t("Last hour")],
    ["24h", t("Last 24 hours")],
    ["7d", t("Last 7 days")],
    ["30d", t("Last 30 days")],
  ];
  return (
    <Menu
      checkedValues={{ since: [since] }}
      onCheckedValueChange={(_, { checkedItems: [chosen = ""] }) => choose(chosen as Since)}
    >
      <MenuTrigger disableButtonEnhancement>
        <MenuButton size="small" shape="circular" appearance={since ? "primary" : "outline"}>
          {since ? spans.find(([value]) => value === since)?.[1] : t("Created")}
        </MenuButton>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {spans.map(([value, text]) => (
            <MenuItemRadio key={value} name="since" value={value}>
              {text}
            </MenuItemRadio>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

function Kept({ archived, choose }: { archived: View["archived"]; choose: (archived: View["archived"]) => void }) {
  const { t } = useTranslation();
  const kinds: [View["archived"], string][] = [
    ["", t("Active")],
    ["true", t("Archived")],
    ["all", t("Active and archived")],
  ];
  return (
    <Menu
      checkedValues={{ archived: [archived] }}
      onCheckedValueChange={(_, { checkedItems: [chosen = ""] }) => choose(chosen as View["archived"])}
    >
      <MenuTrigger disableButtonEnhancement>
        <MenuButton size="small" shape="circular" appearance={archived ? "primary" : "outline"}>
          {kinds.find(([value]) => value === archived)?.[1]}
        </MenuButton>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {kinds.map(([value, text]) => (
            <MenuItemRadio key={value} name="archived" value={value}>
              {text}
            </MenuItemRadio>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
