/** Jobs: all of them in one table, their experiments, and schedules. */
import { Button } from "@fluentui/react-components";
import { Rocket20Regular } from "@fluentui/react-icons";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useSearchParams } from "react-router";
import { useWorkspace } from "@/api/workspace";
import { AllJobs } from "@/pages/jobs/all";
import { Loading } from "@/parts/asked";
import { Page } from "@/parts/page";

const Experiments = lazy(() =>
  import("@/pages/jobs/experiments").then(({ Experiments }) => ({ default: Experiments })),
);
const Schedules = lazy(() => import("@/pages/jobs/schedules").then(({ Schedules }) => ({ default: Schedules })));

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
      <Suspense fallback={<Loading />}>
        {tab === "experiments" ? <Experiments /> : tab === "schedules" ? <Schedules /> : <AllJobs />}
      </Suspense>
    </Page>
  );
}
