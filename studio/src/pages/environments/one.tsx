import { Badge, Button, Input, Text } from "@fluentui/react-components";
import { Copy20Regular, Search20Regular } from "@fluentui/react-icons";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { asProblem } from "@/api/problem";
import { useWorkspace } from "@/api/workspace";
import { Description, TagCard, useSheet } from "@/pages/assets/about";
import { AssetPage } from "@/pages/assets/frame";
import { UsedBy } from "@/pages/assets/lineage";
import { addressOf, useRead, type Version } from "@/pages/assets/reads";
import { isCurated, type Package, packageIn, textsOf } from "@/pages/environments/spec";
import { Asked } from "@/parts/asked";
import { Empty } from "@/parts/problem";
import { Ago, Card, Code, Facts, Status } from "@/parts/said";
import { type Column, Table } from "@/parts/table";

interface Props {
  name: string;
  version: Version;
}

/** One environment: what it is made of, what was installed, what its build said. */
export default function OneEnvironment() {
  const { t } = useTranslation();
  const { name = "" } = useParams();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  return (
    <AssetPage
      kind="environments"
      above={t("Environments")}
      isFixed={isCurated(name)}
      actions={(version) => (
        <Button
          icon={<Copy20Regular />}
          onClick={() =>
            navigate(`${to("environments")}?${new URLSearchParams({ new: "", from: `${name}:${version.name}` })}`)
          }
        >
          {t("New from this")}
        </Button>
      )}
      tabs={() => [
        { key: "details", text: t("Details"), content: (version) => <Details name={name} version={version} /> },
        { key: "lock", text: t("Packages"), full: true, content: (version) => <Lock name={name} version={version} /> },
        { key: "log", text: t("Build log"), content: (version) => <BuildLog name={name} version={version} /> },
      ]}
    />
  );
}

function Details({ name, version }: Props) {
  const sheet = useSheet();
  const { t } = useTranslation();
  const { properties, systemData } = version;
  const isFixed = isCurated(name);
  return (
    <div className={sheet.cards}>
      <div className={sheet.column}>
        <Card title={t("Details")}>
          <Facts
            of={[
              [t("Image"), properties.image ? String(properties.image) : null],
              [t("System"), properties.osType ? String(properties.osType) : null],
              [
                t("Kind"),
                isFixed ? (
                  <Badge key="kind" appearance="outline">
                    {t("Curated")}
                  </Badge>
                ) : null,
              ],
              [t("Created"), <Ago key="created" at={systemData?.createdAt} />],
              [t("Created by"), systemData?.createdBy],
            ]}
          />
        </Card>
        {textsOf(properties).map(({ title, text }) => (
          <Card key={title} title={title}>
            <Code text={text} />
          </Card>
        ))}
      </div>
      <div className={sheet.column}>
        <Description kind="environments" name={name} version={version} isFixed={isFixed} />
        <TagCard kind="environments" name={name} version={version} isFixed={isFixed} />
        <UsedBy kind="environments" name={name} version={version.name} />
        <Card title={t("Consume")}>
          <Code text={`environment: azureml:${name}:${version.name}`} />
        </Card>
      </div>
    </div>
  );
}

/** Where nothing was built here yet, the server knows of nothing. */
const isMissing = (query: { isError: boolean; error: unknown }) =>
  query.isError && asProblem(query.error).status === 404;

function NotBuilt() {
  const { t } = useTranslation();
  return (
    <Empty
      title={t("It was not built here yet")}
      hint={t("It is built when the first job runs in it; then what was installed is listed here.")}
    />
  );
}

function Lock({ name, version }: Props) {
  const { t } = useTranslation();
  const [find, setFind] = useState("");
  const query = useRead<{ value: string[] }>(`${addressOf("environments", name, version.name)}/lock`);
  const columns: Column<Package>[] = [
    { key: "name", title: t("Package"), width: "minmax(200px, 1fr)", cell: ({ name }) => name },
    { key: "version", title: t("Version"), width: "minmax(160px, 2fr)", cell: ({ version }) => version },
  ];
  if (isMissing(query)) return <NotBuilt />;
  return (
    <Asked of={query}>
      {({ value }) => (
        <>
          <div style={{ padding: "8px 24px", display: "flex", gap: 16, alignItems: "center" }}>
            <Input
              type="search"
              style={{ width: 280 }}
              contentBefore={<Search20Regular />}
              placeholder={t("Find a package")}
              aria-label={t("Find a package")}
              value={find}
              onChange={(_, data) => setFind(data.value)}
            />
            <Text>{t("{{count}} packages", { count: value.length })}</Text>
          </div>
          <Table
            label={t("Packages")}
            columns={columns}
            rows={value.map(packageIn).filter(({ name }) => name.toLowerCase().includes(find.toLowerCase()))}
            rowHeight={32}
            keyOf={({ name }) => name}
            empty={value.length ? <Empty title={t("Nothing has this in its name")} hint={find} /> : <NotBuilt />}
          />
        </>
      )}
    </Asked>
  );
}

const SLOW_MS = 5_000;
const OVER = /^(ready|failed|none|missing|unknown|)$/i;

function BuildLog({ name, version }: Props) {
  const address = `${addressOf("environments", name, version.name)}/buildlog`;
  const first = useRead<{ text: string; state: string }>(address);
  const isLive = first.data !== undefined && !OVER.test(first.data.state ?? "");
  const query = useRead<{ text: string; state: string }>(address, { refetchInterval: isLive ? SLOW_MS : false });
  if (isMissing(query)) return <NotBuilt />;
  return (
    <Asked of={query}>
      {({ text, state }) =>
        text ? (
          <div style={{ display: "grid", gap: 12, justifyItems: "start" }}>
            {state && <Status of={state} />}
            <div style={{ width: "100%" }}>
              <Code text={text} />
            </div>
          </div>
        ) : (
          <NotBuilt />
        )
      }
    </Asked>
  );
}
