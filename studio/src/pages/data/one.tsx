import { Tab, TabList } from "@fluentui/react-components";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useParams, useSearchParams } from "react-router";
import { Description, TagCard, useSheet } from "@/pages/assets/about";
import { AssetPage } from "@/pages/assets/frame";
import { LineageTab, UsedBy } from "@/pages/assets/lineage";
import { Look } from "@/pages/assets/look";
import { below } from "@/pages/assets/paths";
import { addressOf, type Version } from "@/pages/assets/reads";
import { Trail } from "@/pages/assets/trail";
import { ProfileTab } from "@/pages/data/profile";
import { snippetsOf } from "@/pages/data/snippets";
import { NamedLink } from "@/pages/job/named";
import { Ago, Card, Code, Facts, number, size } from "@/parts/said";

/** One data asset: what it is, what lies in it, how its columns are, what it is used for. */
export default function OneData() {
  const { t } = useTranslation();
  const { name = "" } = useParams();
  return (
    <AssetPage
      kind="data"
      above={t("Data")}
      tabs={(version) => [
        { key: "details", text: t("Details"), content: (version) => <Details name={name} version={version} /> },
        {
          key: "preview",
          text: t("Preview"),
          full: true,
          content: (version) => <Preview name={name} version={version} />,
        },
        ...(version.properties.dataType === "uri_folder"
          ? []
          : [
              {
                key: "profile",
                text: t("Profile"),
                full: true,
                content: (version: Version) => <ProfileTab root={addressOf("data", name, version.name)} />,
              },
            ]),
        {
          key: "lineage",
          text: t("Lineage"),
          full: true,
          content: (version) => <LineageTab kind="data" name={name} version={version.name} />,
        },
      ]}
    />
  );
}

function Preview({ name, version }: { name: string; version: Version }) {
  const [query, setQuery] = useSearchParams();
  const path = query.get("path") ?? "";
  const open = (path: string) => setQuery(path ? { path } : {});
  const uri = String(version.properties.dataUri ?? "");
  return (
    <>
      {version.properties.dataType !== "uri_file" && <Trail root={name} path={path} open={open} />}
      <Look root={addressOf("data", name, version.name)} path={path} uri={path ? below(uri, path) : uri} open={open} />
    </>
  );
}

function Details({ name, version }: { name: string; version: Version }) {
  const sheet = useSheet();
  const { t, i18n } = useTranslation();
  const { properties, systemData } = version;
  const snippets = snippetsOf({ name, version: version.name, type: String(properties.dataType) });
  const [shown, setShown] = useState(snippets[0]?.title);
  const count = properties.fileCount as number | undefined;
  return (
    <div className={sheet.cards}>
      <div className={sheet.column}>
        <Card title={t("Details")}>
          <Facts
            of={[
              [t("Type"), String(properties.dataType)],
              [t("Path"), <NamedLink key="path" address={String(properties.dataUri)} />],
              [t("Size"), properties.size === undefined ? null : size(properties.size as number)],
              [t("Files"), count === undefined ? null : number(count, i18n.language)],
              [t("Created"), <Ago key="created" at={systemData?.createdAt} />],
              [t("Created by"), systemData?.createdBy],
              ...Object.entries(properties.properties ?? {}).map(([fact, value]): [string, string] => [fact, value]),
            ]}
          />
        </Card>
        <UsedBy kind="data" name={name} version={version.name} />
      </div>
      <div className={sheet.column}>
        <Description kind="data" name={name} version={version} />
        <TagCard kind="data" name={name} version={version} />
      </div>
      <div className={sheet.wide}>
        <Card title={t("Consume")}>
          <TabList size="small" selectedValue={shown} onTabSelect={(_, { value }) => setShown(String(value))}>
            {snippets.map(({ title }) => (
              <Tab key={title} value={title}>
                {title}
              </Tab>
            ))}
          </TabList>
          <Code text={snippets.find(({ title }) => title === shown)?.text ?? ""} />
        </Card>
      </div>
    </div>
  );
}
