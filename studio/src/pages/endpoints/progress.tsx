/** Creates what was chosen, step by step, and shows how it comes up; where something fails it is told whole. */
import { Button, makeStyles, Spinner, Text, tokens } from "@fluentui/react-components";
import { CheckmarkCircle20Filled, Circle20Regular, DismissCircle20Filled } from "@fluentui/react-icons";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { asProblem, Problem } from "@/api/problem";
import { useWorkspace, type Workspace } from "@/api/workspace";
import { type Picked, upload } from "@/pages/author/upload";
import { Page } from "@/parts/page";
import { ProblemView } from "@/parts/problem";
import { Card } from "@/parts/said";
import { deploymentRest, endpointRest, type OnlineChoice } from "./documents";
import { DeploymentLog } from "./logs";
import { isMoving } from "./reads";
import type { Shares } from "./shares";

const useStyles = makeStyles({
  stack: { display: "grid", gap: "16px", maxWidth: "1060px" },
  row: { display: "flex", gap: "10px", alignItems: "center", minHeight: "32px" },
  done: { color: tokens.colorPaletteGreenForeground1 },
  bad: { color: tokens.colorPaletteRedForeground1 },
  quiet: { color: tokens.colorNeutralForeground3 },
  log: { height: "360px", display: "flex", flexDirection: "column", margin: "0 -16px -16px" },
});

type StepKey = "endpoint" | "code" | "deployment" | "traffic";

interface Props {
  choice: OnlineChoice;
  shares: Shares | null;
  files: Picked[];
  back: () => void;
}

export function Progress({ choice, shares, files, back }: Props) {
  const styles = useStyles();
  const { t } = useTranslation();
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const [at, setAt] = useState<StepKey | "done">("endpoint");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isThere, setThere] = useState(false);
  const begun = useRef(false);
  const { to } = workspace;
  const page = to("endpoints", "online", choice.endpoint);
  // biome-ignore lint/correctness/useExhaustiveDependencies: done once, with what was chosen
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    create(workspace, choice, shares, files, setAt, () => setThere(true)).catch((error) =>
      setProblem(asProblem(error)),
    );
  }, []);
  const steps: [StepKey, string][] = [
    ["endpoint", choice.isNew ? t("Open the endpoint {{name}}", { name: choice.endpoint }) : t("Find the endpoint")],
    ["code", t("Send the script")],
    ["deployment", t("Bring the deployment {{name}} up", { name: choice.deployment })],
    ["traffic", t("Share the traffic out")],
  ];
  const shown = steps.filter(([key]) => (key !== "code" || files.length) && (key !== "traffic" || shares));
  const order = ["endpoint", "code", "deployment", "traffic", "done"];
  const icon = (key: StepKey) => {
    const [mine, now] = [order.indexOf(key), order.indexOf(at)];
    if (mine < now) return <CheckmarkCircle20Filled className={styles.done} />;
    if (mine > now) return <Circle20Regular className={styles.quiet} />;
    return problem ? <DismissCircle20Filled className={styles.bad} /> : <Spinner size="tiny" />;
  };
  return (
    <Page
      title={at === "done" ? t("The model answers") : problem ? t("It did not come up") : t("The model is deployed …")}
      crumbs={[{ text: t("Endpoints"), to: to("endpoints") }]}
      actions={
        <>
          {problem && <Button onClick={back}>{t("Change and try again")}</Button>}
          {at === "done" && <Button onClick={() => navigate(page)}>{t("Open the endpoint")}</Button>}
          {at === "done" && (
            <Button
              appearance="primary"
              onClick={() =>
                navigate(`${to("endpoints", "online", choice.endpoint, "test")}?deployment=${choice.deployment}`)
              }
            >
              {t("Test it")}
            </Button>
          )}
        </>
      }
    >
      <div className={styles.stack}>
        <div role="status">
          {shown.map(([key, text]) => (
            <div key={key} className={styles.row}>
              {icon(key)}
              <Text>{text}</Text>
            </div>
          ))}
        </div>
        {problem && <ProblemView problem={problem} />}
        {isThere && (
          <Card title={t("Log")}>
            <div className={styles.log}>
              <DeploymentLog endpoint={choice.endpoint} deployment={choice.deployment} />
            </div>
          </Card>
        )}
      </div>
    </Page>
  );
}

async function create(
  workspace: Workspace,
  choice: OnlineChoice,
  shares: Shares | null,
  files: Picked[],
  told: (step: StepKey | "done") => void,
  /** Told when there is a deployment, whose log can be looked at. */
  taken: () => void,
): Promise<void> {
  const { api } = workspace;
  const path = { name: choice.endpoint };
  const deployed = { ...path, version: choice.deployment };
  if (choice.isNew) {
    await api.PUT("/onlineEndpoints/{name}", { params: { path }, body: endpointRest(choice) as never });
    await settled(() => api.GET("/onlineEndpoints/{name}", { params: { path } }));
  }
  told("code");
  const code = files.length ? (await upload(workspace, "code", files)).id : "";
  const whole = choice.scripted ? { ...choice, scripted: { ...choice.scripted, code } } : choice;
  told("deployment");
  const body = deploymentRest(whole, workspace.id) as never;
  await api.PUT("/onlineEndpoints/{name}/deployments/{version}", { params: { path: deployed }, body });
  taken();
  await settled(() => api.GET("/onlineEndpoints/{name}/deployments/{version}", { params: { path: deployed } }));
  if (shares) {
    told("traffic");
    const change = { properties: { traffic: shares } } as never;
    await api.PATCH("/onlineEndpoints/{name}", { params: { path }, body: change });
    await settled(() => api.GET("/onlineEndpoints/{name}", { params: { path } }));
  }
  told("done");
}

interface Settling {
  properties: { provisioningState?: string; statusReason?: string };
}

/** Wait until something is as it was asked for. Throws why it is not. */
async function settled(look: () => Promise<{ data?: unknown }>): Promise<void> {
  for (;;) {
    const { provisioningState, statusReason } = ((await look()).data as Settling).properties;
    if (provisioningState === "Failed") throw new Problem(0, "Failed", statusReason ?? "It failed. The log says why.");
    if (!isMoving(provisioningState)) return;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
