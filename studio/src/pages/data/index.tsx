import { Badge, Button } from "@fluentui/react-components";
import { Add20Regular, DocumentTable24Regular } from "@fluentui/react-icons";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { useWorkspace } from "@/api/workspace";
import { AssetList } from "@/pages/assets/list";
import { Samples } from "@/pages/data/samples";
import { Empty } from "@/parts/problem";
import { PageLink } from "@/parts/said";

const AddData = lazy(() => import("./add").then(({ AddData }) => ({ default: AddData })));

/** The data of a workspace, and the samples that can be added to it. */
export default function DataList() {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const [query, setQuery] = useSearchParams();
  const isNew = query.has("new");
  const isSamples = query.get("tab") === "samples";
  const turn = (isOpen: boolean) =>
    setQuery((now) => {
      if (isOpen) now.set("new", "");
      else for (const word of ["new", "from", "type"]) now.delete(word);
      return now;
    });
  const add = (
    <Button appearance="primary" icon={<Add20Regular />} onClick={() => turn(true)}>
      {t("Add data")}
    </Button>
  );
  return (
    <>
      <AssetList
        kind="data"
        title={t("Data")}
        actions={add}
        tabs={[
          { key: "assets", text: t("Data assets"), to: to("data") },
          { key: "samples", text: t("Sample data"), to: `${to("data")}?tab=samples` },
        ]}
        tab={isSamples ? "samples" : "assets"}
        instead={isSamples ? <Samples /> : undefined}
        columns={[
          {
            key: "type",
            title: t("Type"),
            width: "120px",
            cell: ({ properties }) => <Badge appearance="outline">{String(properties.dataType ?? "")}</Badge>,
          },
          {
            key: "description",
            title: t("Description"),
            width: "minmax(140px, 1.5fr)",
            cell: ({ properties }) => <span title={properties.description}>{properties.description}</span>,
          },
        ]}
        empty={
          <Empty
            icon={<DocumentTable24Regular fontSize={40} />}
            title={t("No data yet")}
            hint={t("A data asset is a file, folder or table with a name and versions, that jobs take as input.")}
          >
            {add}
            <PageLink to={`${to("data")}?tab=samples`}>{t("Or begin with a sample")}</PageLink>
          </Empty>
        }
      />
      <Suspense>
        {isNew && (
          <AddData
            close={() => turn(false)}
            from={query.get("from") ?? undefined}
            type={query.get("type") ?? undefined}
          />
        )}
      </Suspense>
    </>
  );
}
