import { CompassNorthwest28Regular } from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import { useWorkspace } from "@/api/workspace";
import { Page } from "@/parts/page";
import { Empty } from "@/parts/problem";
import { PageLink } from "@/parts/said";

export default function Missing() {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  return (
    <Page title={t("Nothing is here")}>
      <Empty
        icon={<CompassNorthwest28Regular />}
        title={t("Nothing is at this address")}
        hint={t("It may have been renamed or deleted.")}
      >
        <PageLink to={to()}>{t("Home")}</PageLink>
      </Empty>
    </Page>
  );
}
