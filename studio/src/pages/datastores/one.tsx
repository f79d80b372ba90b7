import { Badge, Button, Text } from "@fluentui/react-components";
import { ArrowUpload20Regular, Database24Regular, Delete20Regular, DocumentTableRegular } from "@fluentui/react-icons";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams, useSearchParams } from "react-router";
import { useChange, useWorkspace } from "@/api/workspace";
import { useSheet } from "@/pages/assets/about";
import { Look } from "@/pages/assets/look";
import { uriOf } from "@/pages/assets/paths";
import { sent, useRead } from "@/pages/assets/reads";
import { Trail } from "@/pages/assets/trail";
import { pickedOf } from "@/pages/author/upload";
import { putInto } from "@/pages/data/send";
import { isOurs, type Store, wordOf } from "@/pages/datastores/stores";
import { Asked } from "@/parts/asked";
import { Confirm } from "@/parts/confirm";
import { Page } from "@/parts/page";
import { Empty } from "@/parts/problem";
import { Ago, Card, CopyButton, Facts } from "@/parts/said";
import { useTell, useTellProblem } from "@/shell/told";

/** One datastore: its files, and what it is. */
export default function OneStore() {
  const { t } = useTranslation();
  const { name = "", tab = "files" } = useParams();
  const { to } = useWorkspace();
  const store = useRead<Store>(`/datastores/${encodeURIComponent(name)}`);
  return (
    <Page
      title={name}
      crumbs={[{ text: t("Datastores"), to: to("datastores") }]}
      beside={store.data?.properties.isDefault && <Badge appearance="tint">{t("Default")}</Badge>}
      actions={store.data && <Remove name={name} />}
      tabs={[
        { key: "files", text: t("Files"), to: to("datastores", name) },
        { key: "details", text: t("Details"), to: to("datastores", name, "details") },
      ]}
      tab={tab}
      full={tab === "files"}
    >
      <Asked of={store}>
        {(found) => (tab === "details" ? <Details store={found} /> : <Browser key={name} store={found} />)}
      </Asked>
    </Page>
  );
}

function Browser({ store }: { store: Store }) {
  const { t } = useTranslation();
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const tell = useTell();
  const tellProblem = useTellProblem();
  const [query, setQuery] = useSearchParams();
  const path = query.get("path") ?? "";
  const open = (path: string) => setQuery(path ? { path } : {});
  const files = useRef<HTMLInputElement>(null);
  const root = `/datastores/${encodeURIComponent(store.name)}`;
  const seen = useRead<{ kind: string; folders: string[]; files: unknown[] }>(
    `${root}/preview?rows=1000&path=${encodeURIComponent(path)}`,
  );
  const isFolder = seen.data?.kind === "folder";
  const put = useChange(
    (list: File[], workspace) => putInto(workspace, store.name, path, pickedOf(list).picked, () => {}),
    root,
  );
  const uri = uriOf({ store: store.name, path });
  const make = new URLSearchParams({ new: "", from: uri, type: isFolder ? "uri_folder" : "uri_file" });
  if (!path && isFolder && !seen.data?.folders.length && !seen.data?.files.length && !isOurs(store))
    return <Empty icon={<Database24Regular />} title={t("No files lie here yet")} />;
  return (
    <>
      <Trail
        root={store.name}
        path={path}
        open={open}
        actions={
          <>
            <CopyButton text={uri} label={t("Copy address")} />
            {isFolder && isOurs(store) && (
              <>
                <Button
                  size="small"
                  icon={<ArrowUpload20Regular />}
                  disabled={put.isPending}
                  onClick={() => files.current?.click()}
                >
                  {t("Upload")}
                </Button>
                <input
                  ref={files}
                  type="file"
                  multiple
                  hidden
                  onChange={({ target }) => {
                    const list = [...(target.files ?? [])];
                    target.value = "";
                    if (list.length)
                      put
                        .mutateAsync(list)
                        .then(() => tell({ title: t("{{count}} files are uploaded", { count: list.length }) }))
                        .catch(tellProblem);
                  }}
                />
              </>
            )}
            {path && (
              <Button
                size="small"
                icon={<DocumentTableRegular />}
                onClick={() => navigate(`${workspace.to("data")}?${make}`)}
              >
                {t("Create data asset from here")}
              </Button>
            )}
          </>
        }
      />
      <Look root={root} path={path} uri={uri} open={open} />
    </>
  );
}

const SHOWN = ["accountName", "containerName", "filesystem", "bucketName", "region", "path", "protocol", "endpoint"];

function Details({ store: { properties, systemData } }: { store: Store }) {
  const sheet = useSheet();
  const { t } = useTranslation();
  return (
    <div className={sheet.cards}>
      <Card title={t("Details")}>
        <Facts
          of={[
            [t("Type"), t(wordOf(properties.datastoreType))],
            [t("Description"), properties.description],
            ...SHOWN.map((fact): [string, string] => [t(wordOf(fact)), String(properties[fact] ?? "")]),
            [t("Access"), t(wordOf(properties.credentials?.credentialsType ?? "None"))],
            [
              t("Tags"),
              Object.entries(properties.tags ?? {})
                .map(([tag, value]) => `${tag}: ${value}`)
                .join(", "),
            ],
            [t("Created"), <Ago key="created" at={systemData?.createdAt} />],
            [t("Created by"), systemData?.createdBy],
          ]}
        />
        <Text block size={200} italic style={{ marginTop: 12 }}>
          {t("Secrets are kept sealed and never shown again.")}
        </Text>
      </Card>
    </div>
  );
}

function Remove({ name }: { name: string }) {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const tell = useTell();
  const tellProblem = useTellProblem();
  const [isAsking, setAsking] = useState(false);
  const remove = useChange(
    (_: void, { id }) => sent("DELETE", `${id}/datastores/${encodeURIComponent(name)}`),
    "/datastores",
  );
  return (
    <>
      <Button icon={<Delete20Regular />} onClick={() => setAsking(true)}>
        {t("Delete")}
      </Button>
      <Confirm
        title={t("Delete {{name}}?", { name })}
        verb={t("Delete")}
        typed={name}
        isOpen={isAsking}
        close={() => setAsking(false)}
        act={() =>
          remove
            .mutateAsync()
            .then(() => {
              tell({ title: t("{{name}} is deleted", { name }) });
              navigate(to("datastores"));
            })
            .catch(tellProblem)
        }
      >
        {t("Assets that lie in it are not found any more. The files stay where they are.")}
      </Confirm>
    </>
  );
}
