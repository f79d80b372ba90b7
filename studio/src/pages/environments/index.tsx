import { Button } from "@fluentui/react-components";
import { Add20Regular, Layer24Regular } from "@fluentui/react-icons";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { useWorkspace } from "@/api/workspace";
import { AssetList, isListed } from "@/pages/assets/list";
import { isCurated } from "@/pages/environments/spec";
import { Empty } from "@/parts/problem";

const Create = lazy(() => import("./create"));

/** The environments of a workspace, and those that come with the server. */
export default function Environments() {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const [query, setQuery] = useSearchParams();
  const curated = query.get("tab") === "curated";
  const add = (
    <Button appearance="primary" icon={<Add20Regular />} onClick={() => setQuery({ new: "" })}>
      {t("New environment")}
    </Button>
  );
  return (
    <>
      <AssetList
        kind="environments"
        title={t("Environments")}
        actions={add}
        tabs={[
          { key: "custom", text: t("Custom"), to: to("environments") },
          { key: "curated", text: t("Curated"), to: `${to("environments")}?tab=curated` },
        ]}
        tab={curated ? "curated" : "custom"}
        only={(name) => isListed(name) && isCurated(name.name) === curated}
        columns={[
          {
            key: "image",
            title: t("Image"),
            width: "minmax(180px, 2fr)",
            cell: ({ properties }) => {
              const said = String(properties.image ?? (properties.build ? t("Built from a Dockerfile") : "–"));
              return <span title={said}>{said}</span>;
            },
          },
          {
            key: "description",
            title: t("Description"),
            width: "minmax(140px, 2fr)",
            cell: ({ properties }) => <span title={properties.description}>{properties.description}</span>,
          },
        ]}
        empty={
          <Empty
            icon={<Layer24Regular fontSize={40} />}
            title={t("No environments of your own yet")}
            hint={t(
              "An environment says which Python and which packages a job runs with. Curated ones are ready to use.",
            )}
          >
            {add}
          </Empty>
        }
      />
      <Suspense>{query.has("new") && <Create close={() => setQuery({})} from={query.get("from") ?? ""} />}</Suspense>
    </>
  );
}
