/** Jobs: all of them in one table, their experiments, and schedules. */
import { Button } from "@fluentui/react-components";
import { Rocket20Regular } from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import { useNavigate, useSearchParams } from "react-router";
import { useWorkspace } from "@/api/workspace";
import { AllJobs } from "@/pages/jobs/all";
import { Experiments } from "@/pages/jobs/experiments";
import { Schedules } from "@/pages/jobs/schedules";
import { Page } from "@/parts/page";

export default function Jobs() {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const [address] = useSearchParams();
  const tab = address.get("tab") ?? "all";
  const tabs = [
    { key: "all", text: t("All jobs"), to: to("jobs") },
    { key: "experiments", text: t("Experiments"), to: `${to("jobs")}?tab=experiments` },
    { key: "schedules", text: t("Schedules"), to: `${to("jobs")}?tab=schedules` },
  ];
  return (
    <Page
      title={t("Jobs")}
      tabs={tabs}
      tab={tab}
      full
      actions={
        <Button appearance="primary" icon={<Rocket20Regular />} onClick={() => navigate(to("new"))}>
          {t("New job")}
        </Button>
      }
    >
      {tab === "experiments" ? <Experiments /> : tab === "schedules" ? <Schedules /> : <AllJobs />}
    </Page>
  );
}
