/** A component: what it takes and gives, what it runs, its versions, who used it. */
import { Button, Dropdown, makeStyles, Option, Text, tokens } from "@fluentui/react-components";
import { Play20Regular } from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { asProblem } from "@/api/problem";
import { useGet, useWorkspace } from "@/api/workspace";
import { type ComponentResource, fileOf, type Port, specOf } from "@/pages/components/component";
import { Asked, Loading } from "@/parts/asked";
import { Editor } from "@/parts/editor";
import { Page } from "@/parts/page";
import { Empty } from "@/parts/problem";
import { Ago, Card, Code, Facts, PageLink, Status } from "@/parts/said";
import { type Column, Table } from "@/parts/table";

const useStyles = makeStyles({
  grid: { display: "grid", gridTemplateColumns: "minmax(0, 3fr) minmax(280px, 2fr)", gap: "16px", alignItems: "start" },
  column: { display: "grid", gap: "16px", minWidth: 0 },
  ports: { width: "100%", borderCollapse: "collapse", textAlign: "left" },
  cell: {
    padding: "6px 12px 6px 0",
    verticalAlign: "top",
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
    overflowWrap: "anywhere",
  },
  head: {
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground3,
    fontWeight: tokens.fontWeightRegular,
  },
  version: { minWidth: "120px" },
  full: { flex: 1, minHeight: 0, padding: "12px 24px 16px" },
});

type Versions = { value: ComponentResource[] };

export default function ComponentPage() {
  const { name = "", version = "", tab = "overview" } = useParams();
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const crumbs = [{ text: t("Components"), to: to("components") }];
  const versions = useGet<Versions>("/components/{name}/versions", { params: { path: { name } } });
  const list = versions.data?.value ?? [];
  const shown = version && version !== "latest" ? list.find((each) => each.name === version) : list[0];
  if (!versions.data)
    return (
      <Page title={name} crumbs={crumbs}>
        {versions.isError && asProblem(versions.error).status === 404 ? (
          <Empty title={t("There is no component of this name")} />
        ) : (
          <Asked of={versions}>{() => <Loading />}</Asked>
        )}
      </Page>
    );
  if (!shown)
    return (
      <Page title={name} crumbs={crumbs}>
        <Empty title={t("There is no such version")}>
          <PageLink to={to("components", name)}>{t("The newest version")}</PageLink>
        </Empty>
      </Page>
    );
  return <Shown name={name} shown={shown} versions={list} tab={tab} />;
}

function Shown({
  name,
  shown,
  versions,
  tab,
}: {
  name: string;
  shown: ComponentResource;
  versions: ComponentResource[];
  tab: string;
}) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const version = shown.name;
  const tabs = [
    { key: "overview", text: t("Overview"), to: to("components", name, version) },
    { key: "yaml", text: "YAML", to: to("components", name, version, "yaml") },
    { key: "used", text: t("Used by"), to: to("components", name, version, "used") },
    { key: "versions", text: t("Versions"), to: to("components", name, version, "versions") },
  ];
  const beside = (
    <Dropdown
      size="small"
      aria-label={t("Version")}
      className={styles.version}
      value={version}
      selectedOptions={[version]}
      onOptionSelect={(_, { optionValue }) => optionValue && navigate(to("components", name, optionValue))}
    >
      {versions.map((each) => (
        <Option key={each.name}>{each.name}</Option>
      ))}
    </Dropdown>
  );
  const use = `${to("new")}?component=${encodeURIComponent(`${name}:${version}`)}`;
  const actions = (
    <Button appearance="primary" icon={<Play20Regular />} onClick={() => navigate(use)}>
      {t("Use in a new job")}
    </Button>
  );
  const parts: Record<string, React.ReactNode> = {
    yaml: (
      <div className={styles.full}>
        <Editor label={t("The component as YAML")} value={fileOf(shown)} readOnly />
      </div>
    ),
    used: <UsedBy name={name} version={version} />,
    versions: <AllVersions name={name} versions={versions} />,
  };
  return (
    <Page
      title={specOf(shown).display_name || name}
      name={name}
      crumbs={[{ text: t("Components"), to: to("components") }]}
      beside={beside}
      actions={actions}
      tabs={tabs}
      tab={tab}
      full={tab in parts}
    >
      {parts[tab] ?? <Overview name={name} shown={shown} />}
    </Page>
  );
}

function Overview({ name, shown }: { name: string; shown: ComponentResource }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const spec = specOf(shown);
  const tags = Object.entries(shown.properties.tags ?? {});
  const [, environment = "", own = ""] = nameOf(spec.environment);
  const [, code = ""] = nameOf(spec.code);
  return (
    <div className={styles.grid}>
      <div className={styles.column}>
        {(spec.description || shown.properties.description) && (
          <Text>{spec.description || shown.properties.description}</Text>
        )}
        <Ports title={t("Inputs")} ports={spec.inputs ?? {}} isInput />
        <Ports title={t("Outputs")} ports={spec.outputs ?? {}} />
        {spec.command && (
          <Card title={t("Command")}>
            <Code text={spec.command} />
          </Card>
        )}
        {spec.jobs && (
          <Card title={t("Steps")}>
            <Facts
              of={Object.entries(spec.jobs).map(([step, said]) => [
                step,
                String(said.component ?? said.command ?? said.type ?? ""),
              ])}
            />
          </Card>
        )}
      </div>
      <div className={styles.column}>
        <Card title={t("Facts")}>
          <Facts
            of={[
              [t("Name"), name],
              [t("Version"), shown.name],
              [t("Type"), spec.type],
              [
                t("Environment"),
                environment ? (
                  <PageLink
                    key="environment"
                    to={to("environments", environment, own)}
                  >{`${environment}:${own}`}</PageLink>
                ) : (
                  spec.environment !== undefined && t("In place")
                ),
              ],
              [t("Code"), code],
              [t("Nodes"), spec.resources?.instance_count as number | undefined],
              [
                t("Used again"),
                spec.is_deterministic === false ? t("No: it runs each time") : t("Where its inputs are the same"),
              ],
              [t("Created"), <Ago key="at" at={shown.systemData?.createdAt} />],
              [t("By"), shown.systemData?.createdBy],
            ]}
          />
        </Card>
        {tags.length > 0 && (
          <Card title={t("Tags")}>
            <Facts of={tags} />
          </Card>
        )}
      </div>
    </div>
  );
}

/** Name and version of what a reference or a resource id names. */
function nameOf(said: unknown): string[] {
  const text = typeof said === "string" ? said : "";
  return /^azureml:([^:@/]+)[:@](.+)$/.exec(text) ?? /\/([^/]+)\/versions\/([^/]+)$/.exec(text) ?? [];
}

function Ports({ title, ports, isInput }: { title: string; ports: Record<string, Port>; isInput?: boolean }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const all = Object.entries(ports);
  if (all.length === 0) return null;
  const range = ({ min, max, enum: words }: Port) =>
    words?.map(String).join(", ") ?? (min !== undefined || max !== undefined ? `${min ?? "−∞"} – ${max ?? "∞"}` : "");
  const needed = (port: Port) =>
    port.default !== undefined && port.default !== null
      ? String(port.default)
      : port.optional
        ? t("optional")
        : t("required");
  return (
    <Card title={title}>
      <table className={styles.ports}>
        <thead>
          <tr className={styles.head}>
            <th className={styles.cell}>{t("Name")}</th>
            <th className={styles.cell}>{t("Type")}</th>
            {isInput && <th className={styles.cell}>{t("Default value")}</th>}
            <th className={styles.cell}>{t("Description")}</th>
          </tr>
        </thead>
        <tbody>
          {all.map(([word, port]) => (
            <tr key={word}>
              <td className={styles.cell}>
                <Text weight="semibold">{word}</Text>
              </td>
              <td className={styles.cell}>
                {port.type} <Text size={200}>{range(port)}</Text>
              </td>
              {isInput && <td className={styles.cell}>{needed(port)}</td>}
              <td className={styles.cell}>{port.description ?? ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function AllVersions({ name, versions }: { name: string; versions: ComponentResource[] }) {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const columns: Column<ComponentResource>[] = [
    {
      key: "version",
      title: t("Version"),
      cell: (each) => <PageLink to={to("components", name, each.name)}>{each.name}</PageLink>,
    },
    {
      key: "about",
      title: t("Description"),
      width: "minmax(200px, 3fr)",
      cell: (each) => specOf(each).description || "–",
    },
    { key: "created", title: t("Created"), cell: (each) => <Ago at={each.systemData?.createdAt} /> },
    { key: "by", title: t("By"), cell: (each) => each.systemData?.createdBy ?? "–" },
  ];
  return (
    <Table
      label={t("Versions")}
      columns={columns}
      rows={versions}
      keyOf={(each) => each.name}
      open={(each) => navigate(to("components", name, each.name))}
    />
  );
}

interface LineageNode {
  id: string;
  kind: string;
  name: string;
  version?: string;
  status?: string;
  createdAt?: string;
}

function UsedBy({ name, version }: { name: string; version: string }) {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const init = { params: { path: { name, version }, query: { direction: "down" } } };
  const query = useGet<{ root: string; nodes: LineageNode[] }>("/components/{name}/versions/{version}/lineage", init);
  const columns: Column<LineageNode>[] = [
    {
      key: "name",
      title: t("Job"),
      width: "minmax(220px, 2fr)",
      cell: (each) => <PageLink to={to("jobs", each.name)}>{each.name}</PageLink>,
    },
    {
      key: "status",
      title: t("Status"),
      width: "160px",
      cell: ({ status }) => (status ? <Status of={status} /> : "–"),
    },
  ];
  return (
    <Asked of={query}>
      {({ nodes }) => (
        <Table
          label={t("Used by")}
          columns={columns}
          rows={nodes.filter(({ kind }) => kind === "job" || kind === "jobs")}
          keyOf={(each) => each.id}
          open={(each) => navigate(to("jobs", each.name))}
          empty={<Empty title={t("No job has used this version")} />}
        />
      )}
    </Asked>
  );
}
