import { Badge, Button } from "@fluentui/react-components";
import { Add20Regular, Cube24Regular } from "@fluentui/react-icons";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { useWorkspace } from "@/api/workspace";
import { AssetList } from "@/pages/assets/list";
import { Empty } from "@/parts/problem";
import { PageLink } from "@/parts/said";

const Register = lazy(() => import("./register"));

/** The models of a workspace. */
export default function Models() {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const [query, setQuery] = useSearchParams();
  const add = (
    <Button appearance="primary" icon={<Add20Regular />} onClick={() => setQuery({ new: "" })}>
      {t("Register model")}
    </Button>
  );
  return (
    <>
      <AssetList
        kind="models"
        title={t("Models")}
        actions={add}
        columns={[
          {
            key: "type",
            title: t("Type"),
            width: "140px",
            cell: ({ properties }) => <Badge appearance="outline">{String(properties.modelType ?? "")}</Badge>,
          },
          {
            key: "stage",
            title: t("Stage"),
            width: "110px",
            cell: ({ properties }) => (properties.stage ? t(String(properties.stage)) : "–"),
          },
          {
            key: "job",
            title: t("From job"),
            width: "minmax(130px, 1fr)",
            cell: ({ properties }) =>
              properties.jobName ? (
                <PageLink to={to("jobs", String(properties.jobName))}>{String(properties.jobName)}</PageLink>
              ) : (
                "–"
              ),
          },
        ]}
        empty={
          <Empty
            icon={<Cube24Regular fontSize={40} />}
            title={t("No models yet")}
            hint={t(
              "Register what a job left, or files of this machine. Then deploy it, and follow what it came from.",
            )}
          >
            {add}
          </Empty>
        }
      />
      <Suspense>{query.has("new") && <Register close={() => setQuery({})} />}</Suspense>
    </>
  );
}
