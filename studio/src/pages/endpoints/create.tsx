/** Deploys a model: endpoint, model, deployment, traffic, review; then shows how it comes up. */
import { Button, Divider, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { CheckmarkCircle20Filled } from "@fluentui/react-icons";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useSearchParams } from "react-router";
import { useGet, useWorkspace } from "@/api/workspace";
import { Page } from "@/parts/page";
import CreateBatch from "./createBatch";
import { type OnlineChoice, RUNNING, wrongName } from "./documents";
import { useNeeds } from "./pickers";
import { Progress } from "./progress";
import { type Listed, type OnlineEndpoint, useDeployments } from "./reads";
import { sharesOf, withShare } from "./shares";
import { DeploymentStep, EndpointStep, ModelStep, ReviewStep, type StepProps, TrafficStep } from "./steps";

const useStyles = makeStyles({
  page: { display: "grid", gridTemplateColumns: "180px minmax(0, 1fr)", gap: "32px", maxWidth: "1060px" },
  steps: { display: "flex", flexDirection: "column", gap: "2px" },
  step: {
    display: "flex",
    alignItems: "center",
    gap: "8px",
    padding: "8px 10px",
    textAlign: "left",
    font: "inherit",
    color: "inherit",
    background: "none",
    border: "none",
    borderRadius: tokens.borderRadiusMedium,
    cursor: "pointer",
    ":hover": { backgroundColor: tokens.colorNeutralBackground1Hover },
    ":disabled": { color: tokens.colorNeutralForegroundDisabled, cursor: "default" },
  },
  here: { backgroundColor: tokens.colorNeutralBackground1Selected, fontWeight: tokens.fontWeightSemibold },
  number: {
    width: "20px",
    height: "20px",
    borderRadius: "50%",
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    display: "grid",
    placeItems: "center",
    fontSize: tokens.fontSizeBase200,
    boxSizing: "border-box",
  },
  done: { color: tokens.colorPaletteGreenForeground1 },
  foot: { display: "flex", gap: "8px", marginTop: "16px" },
});

export default function Create() {
  const [query] = useSearchParams();
  return query.get("kind") === "batch" ? <CreateBatch /> : <CreateOnline />;
}

type Key = "endpoint" | "model" | "deployment" | "traffic" | "review";

function CreateOnline() {
  const { t } = useTranslation();
  const styles = useStyles();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const [query] = useSearchParams();
  const existing = query.get("endpoint") ?? "";
  const [choice, setChoice] = useState<OnlineChoice>(() => ({
    endpoint: existing,
    isNew: !existing,
    authMode: "key",
    description: "",
    model: query.get("model") ?? "",
    deployment: "blue",
    scripted: null,
    running: RUNNING,
    variables: [],
    share: 100,
  }));
  const [code, setCode] = useState<StepProps["code"]>({ folder: "", files: [], script: "" });
  const [environment, setEnvironment] = useState("");
  const [at, setAt] = useState<Key>(existing ? "model" : "endpoint");
  const [isCreating, setCreating] = useState(false);
  const listed = useGet<Listed<OnlineEndpoint>>("/onlineEndpoints");
  const endpoints = listed.data?.value ?? [];
  const deployments = useDeployments(choice.isNew ? "" : choice.endpoint);
  const behind = choice.isNew ? [] : (deployments.data?.value ?? []).map(({ name }) => name);
  const { needs } = useNeeds(choice.model);
  const current = choice.isNew
    ? {}
    : (endpoints.find(({ name }) => name === choice.endpoint)?.properties.traffic ?? {});
  const shares =
    choice.share === null
      ? null
      : withShare(sharesOf(current, [...new Set([...behind, choice.deployment])]), choice.deployment, choice.share);
  const names = endpoints.map(({ name }) => name);
  const isScripted = needs === "script";
  const isDressed = isScripted || needs === "environment";
  const ready: Record<Key, boolean> = {
    endpoint: !!choice.endpoint && (!choice.isNew || wrongName(choice.endpoint, names) === null),
    model: !!choice.model && needs !== "unknown",
    deployment:
      /^[A-Za-z][A-Za-z0-9-]*$/.test(choice.deployment) &&
      !behind.includes(choice.deployment) &&
      (!isDressed || !!environment) &&
      (!isScripted || !!code.script),
    traffic: true,
    review: true,
  };
  const steps: [Key, string][] = [
    ["endpoint", t("Endpoint")],
    ["model", t("Model")],
    ["deployment", t("Deployment")],
    ["traffic", t("Traffic")],
    ["review", t("Review")],
  ];
  const place = steps.findIndex(([key]) => key === at);
  const opened = steps.findIndex(([key]) => !ready[key]);
  const furthest = opened < 0 ? steps.length - 1 : opened;
  const { script, folder } = isScripted ? code : { script: "", folder: "" };
  const scripted = isDressed ? { environment, script, code: "", folder } : null;
  const whole: OnlineChoice = { ...choice, scripted };
  if (isCreating)
    return (
      <Progress choice={whole} shares={shares} files={isScripted ? code.files : []} back={() => setCreating(false)} />
    );
  const props: StepProps = {
    choice: whole,
    set: (part) => setChoice({ ...choice, ...part }),
    names,
    behind,
    current,
    shares,
    needs,
    code,
    setCode,
    environment,
    setEnvironment,
  };
  const Shown = {
    endpoint: EndpointStep,
    model: ModelStep,
    deployment: DeploymentStep,
    traffic: TrafficStep,
    review: ReviewStep,
  }[at];
  return (
    <Page title={t("Deploy a model")} crumbs={[{ text: t("Endpoints"), to: to("endpoints") }]}>
      <div className={styles.page}>
        <nav className={styles.steps} aria-label={t("Steps")}>
          {steps.map(([key, text], index) => (
            <button
              key={key}
              type="button"
              className={mergeClasses(styles.step, key === at && styles.here)}
              aria-current={key === at ? "step" : undefined}
              disabled={index > furthest}
              onClick={() => setAt(key)}
            >
              {index < place && ready[key] ? (
                <CheckmarkCircle20Filled className={styles.done} />
              ) : (
                <span className={styles.number}>{index + 1}</span>
              )}
              {text}
            </button>
          ))}
        </nav>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const next = steps[place + 1];
            if (!next) setCreating(true);
            else if (ready[at]) setAt(next[0]);
          }}
        >
          <Shown {...props} />
          <Divider style={{ margin: "20px 0 0" }} />
          <div className={styles.foot}>
            {place > 0 && <Button onClick={() => setAt(steps[place - 1]?.[0] ?? "endpoint")}>{t("Back")}</Button>}
            <Button appearance="primary" type="submit" disabled={!ready[at] || (at === "review" && opened >= 0)}>
              {at === "review" ? t("Create") : t("Next")}
            </Button>
            <Button appearance="subtle" onClick={() => navigate(to("endpoints"))}>
              {t("Cancel")}
            </Button>
          </div>
        </form>
      </div>
    </Page>
  );
}
