import { Badge, Button, Input, Text } from "@fluentui/react-components";
import { Copy20Regular, Search20Regular, Wrench20Regular } from "@fluentui/react-icons";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { asProblem } from "@/api/problem";
import { useChange, useWorkspace } from "@/api/workspace";
import { Description, TagCard, useSheet } from "@/pages/assets/about";
import { AssetPage } from "@/pages/assets/frame";
import { UsedBy } from "@/pages/assets/lineage";
import { below, storedIn } from "@/pages/assets/paths";
import { addressOf, sent, useRead, type Version } from "@/pages/assets/reads";
import type { Build } from "@/pages/environments/context";
import { isCurated, type Package, packageIn, textsOf } from "@/pages/environments/spec";
import { NamedLink } from "@/pages/job/named";
import { Asked } from "@/parts/asked";
import { Empty } from "@/parts/problem";
import { Ago, Card, Code, Facts, Status } from "@/parts/said";
import { type Column, Table } from "@/parts/table";
import { useTellProblem } from "@/shell/told";

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
  const build = properties.build as Build | undefined;
  return (
    <div className={sheet.cards}>
      <div className={sheet.column}>
        <Card title={t("Details")}>
          <Facts
            of={[
              [t("Image"), properties.image ? String(properties.image) : null],
              [t("Build context"), build ? <NamedLink key="context" address={build.contextUri} /> : null],
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
        {build && <Written build={build} />}
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

function NotBuilt({ children }: { children?: ReactNode }) {
  const { t } = useTranslation();
  return (
    <Empty
      title={t("It was not built here yet")}
      hint={t("It is built when the first job runs in it; then what was installed is listed here.")}
    >
      {children}
    </Empty>
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

const SLOW_MS = 2_000;
const OVER = /^(ready|failed|none|missing|unknown|)$/i;

interface Log {
  text: string;
  state: string | null;
}

function BuildLog({ name, version }: Props) {
  const { t } = useTranslation();
  const tellProblem = useTellProblem();
  const address = addressOf("environments", name, version.name);
  const first = useRead<Log>(`${address}/buildlog`);
  const isLive = first.data !== undefined && !OVER.test(first.data.state ?? "");
  const query = useRead<Log>(`${address}/buildlog`, { refetchInterval: isLive ? SLOW_MS : false });
  const build = useChange((_: undefined, { id }) => sent("POST", `${id}${address}/build`), address);
  const asked = (
    <Button
      icon={<Wrench20Regular />}
      disabled={build.isPending}
      onClick={() => void build.mutateAsync(undefined).catch(tellProblem)}
    >
      {query.data?.state === "failed" ? t("Build again") : t("Build now")}
    </Button>
  );
  if (isMissing(query)) return <NotBuilt>{asked}</NotBuilt>;
  return (
    <Asked of={query}>
      {({ text, state }) =>
        text || state ? (
          <div style={{ display: "grid", gap: 12, justifyItems: "start" }}>
            <div style={{ display: "flex", gap: 12, alignItems: "center" }}>
              {state && <Status of={state} />}
              {state !== "ready" && state !== "building" && asked}
            </div>
            <div style={{ width: "100%" }}>
              <Code text={text} />
            </div>
          </div>
        ) : (
          <NotBuilt>{asked}</NotBuilt>
        )
      }
    </Asked>
  );
}

/** The Dockerfile of a build context, where it lies in a datastore of this workspace. */
function Written({ build }: { build: Build }) {
  const place = storedIn(build.contextUri);
  const file = build.dockerfilePath ?? "Dockerfile";
  const path = place ? below(place.path, file) : "";
  const query = useRead<{ kind: string; text?: string }>(
    `/datastores/${encodeURIComponent(place?.store ?? "")}/preview?path=${encodeURIComponent(path)}`,
    { enabled: place !== null },
  );
  return query.data?.kind === "text" ? (
    <Card title={file}>
      <Code text={query.data.text ?? ""} />
    </Card>
  ) : null;
}
