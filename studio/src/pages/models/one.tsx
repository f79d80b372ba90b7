import { Button, Dropdown, Option, Text } from "@fluentui/react-components";
import { ArrowDownload20Regular, Rocket20Regular } from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { asProblem } from "@/api/problem";
import { useWorkspace } from "@/api/workspace";
import { Description, TagCard, useSheet } from "@/pages/assets/about";
import { Files } from "@/pages/assets/files";
import { AssetPage } from "@/pages/assets/frame";
import { LineageTab, UsedBy } from "@/pages/assets/lineage";
import { folderOf } from "@/pages/assets/paths";
import { addressOf, useEdit, useRead, type Version } from "@/pages/assets/reads";
import { download, downloadFolder } from "@/pages/assets/tickets";
import { NamedLink } from "@/pages/job/named";
import { OnnxTab, Ports } from "@/pages/models/onnx";
import type { Summary } from "@/pages/models/summary";
import { Take } from "@/pages/models/take";
import { Versions } from "@/pages/models/versions";
import { Asked } from "@/parts/asked";
import { Ago, Card, Facts, PageLink, size } from "@/parts/said";
import { useTellProblem } from "@/shell/told";

const useSummary = (name: string, version: string) => useRead<Summary>(`${addressOf("models", name, version)}/summary`);

/** One model: what it is, what it is made of, where it came from and where it answers. */
export default function OneModel() {
  const { t } = useTranslation();
  const { name = "" } = useParams();
  const { id, to } = useWorkspace();
  const navigate = useNavigate();
  const tellProblem = useTellProblem();
  return (
    <AssetPage
      kind="models"
      above={t("Models")}
      actions={(version) => (
        <>
          <Button icon={<ArrowDownload20Regular />} onClick={() => void downloadModel(id, version).catch(tellProblem)}>
            {t("Download")}
          </Button>
          <Button
            appearance="primary"
            icon={<Rocket20Regular />}
            onClick={() =>
              navigate(`${to("endpoints", "new")}?${new URLSearchParams({ model: `${name}:${version.name}` })}`)
            }
          >
            {t("Deploy")}
          </Button>
        </>
      )}
      tabs={() => [
        { key: "details", text: t("Details"), content: (version) => <Details name={name} version={version} /> },
        { key: "onnx", text: "ONNX", content: (version) => <Onnx name={name} version={version} /> },
        {
          key: "files",
          text: t("Files"),
          full: true,
          content: (version) => <ModelFiles name={name} version={version} />,
        },
        {
          key: "lineage",
          text: t("Lineage"),
          full: true,
          content: (version) => <LineageTab kind="models" name={name} version={version.name} />,
        },
        {
          key: "versions",
          text: t("Versions"),
          content: (version, versions) => <Versions name={name} here={version} all={versions} />,
        },
      ]}
    />
  );
}

/** Let the browser keep all of a model: the file that it is, or its folder as a zip file. */
async function downloadModel(id: string, { properties }: Version): Promise<void> {
  const uri = String(properties.modelUri ?? "");
  await downloadFolder(id, uri).catch((error) => {
    if (asProblem(error).status !== 404) throw error;
    return download(id, uri);
  });
}

interface Props {
  name: string;
  version: Version;
}

function Onnx({ name, version }: Props) {
  const summary = useSummary(name, version.name);
  return <Asked of={summary}>{(found) => <OnnxTab summary={found} name={name} version={version.name} />}</Asked>;
}

function ModelFiles({ name, version }: Props) {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const summary = useSummary(name, version.name);
  const uri = String(version.properties.modelUri ?? "");
  const store = /datastores\/([^/]+)\/paths\/(.*)$/.exec(uri);
  return (
    <Asked of={summary}>
      {({ files, isCut, size: whole }) => {
        const isFile = files.length === 1 && uri.endsWith(`/${files[0]?.path}`);
        const root = isFile ? folderOf(uri) : uri;
        const below = isFile ? folderOf(store?.[2] ?? "") : (store?.[2] ?? "");
        return (
          <>
            <Text style={{ padding: "8px 24px" }}>
              {t("{{count}} files, {{size}}", { count: files.length, size: size(whole) })}
            </Text>
            <Files
              folders={[]}
              files={files.map(({ path, ...facts }) => ({ name: path, ...facts }))}
              path=""
              uri={root}
              isWhole={!isCut}
              open={(path) =>
                store &&
                navigate(`${to("datastores", store[1] ?? "")}?${new URLSearchParams({ path: `${below}/${path}` })}`)
              }
            />
          </>
        );
      }}
    </Asked>
  );
}

function Details({ name, version }: Props) {
  const sheet = useSheet();
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const { properties, systemData } = version;
  const summary = useSummary(name, version.name);
  const mlflow = summary.data?.mlflow;
  const job = String(properties.jobName ?? "");
  const flavors = Object.keys((properties.flavors as object) ?? {});
  return (
    <div className={sheet.cards}>
      <div className={sheet.column}>
        <Card title={t("Details")}>
          <Facts
            of={[
              [t("Type"), String(properties.modelType ?? "")],
              [t("Stage"), <Stage key={version.name} name={name} version={version} />],
              [t("Flavours"), flavors.join(", ")],
              [t("From job"), job && <PageLink to={to("jobs", job)}>{job}</PageLink>],
              [t("Path"), <NamedLink key="path" address={String(properties.modelUri)} />],
              [t("Size"), summary.data ? size(summary.data.size) : null],
              [t("Created"), <Ago key="created" at={systemData?.createdAt} />],
              [t("Created by"), systemData?.createdBy],
              ...Object.entries(properties.properties ?? {}).map(([fact, value]): [string, string] => [fact, value]),
            ]}
          />
        </Card>
        <UsedBy kind="models" name={name} version={version.name} />
      </div>
      <div className={sheet.column}>
        <Description kind="models" name={name} version={version} />
        <TagCard kind="models" name={name} version={version} />
        {mlflow?.inputs && <Ports title={t("Inputs")} of={mlflow.inputs} />}
        {mlflow?.outputs && <Ports title={t("Outputs")} of={mlflow.outputs} />}
      </div>
      <div className={sheet.wide}>
        <Take name={name} version={version.name} />
      </div>
    </div>
  );
}

const STAGES = ["None", "Development", "Staging", "Production", "Archived"];

function Stage({ name, version }: Props) {
  const { t } = useTranslation();
  const tellProblem = useTellProblem();
  const edit = useEdit("models", name, version.name);
  const stage = String(version.properties.stage || "None");
  return (
    <Dropdown
      size="small"
      aria-label={t("Stage")}
      disabled={edit.isPending}
      value={t(stage)}
      selectedOptions={[stage]}
      onOptionSelect={(_, { optionValue }) => void edit.mutateAsync({ stage: optionValue }).catch(tellProblem)}
    >
      {STAGES.map((each) => (
        <Option key={each} value={each} text={t(each)}>
          {t(each)}
        </Option>
      ))}
    </Dropdown>
  );
}
