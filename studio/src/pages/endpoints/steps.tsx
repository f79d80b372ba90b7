/** The steps of deploying a model behind a real-time endpoint. */
import { Field, Input, makeStyles, Radio, RadioGroup, Select, Slider, Text, tokens } from "@fluentui/react-components";
import { useTranslation } from "react-i18next";
import { useWorkspace } from "@/api/workspace";
import { Card, Code, Facts, PageLink } from "@/parts/said";
import { commands, deploymentYaml, endpointYaml, type OnlineChoice, wrongName } from "./documents";
import { CodePicker, type CodeSaid, EnvironmentPicker, ModelNote, ModelPicker, type Needs, Pairs } from "./pickers";
import { RunningFields } from "./running";
import type { Shares } from "./shares";
import { TrafficBar, useAuthWord } from "./small";

export interface StepProps {
  choice: OnlineChoice;
  set: (part: Partial<OnlineChoice>) => void;
  /** The endpoints and, behind the chosen one, the deployments that are there. */
  names: string[];
  behind: string[];
  current: Shares;
  shares: Shares | null;
  needs: Needs;
  code: CodeSaid;
  setCode: (code: CodeSaid) => void;
  environment: string;
  setEnvironment: (environment: string) => void;
}

const useStyles = makeStyles({
  stack: { display: "grid", gap: "16px", maxWidth: "720px" },
  heading: { margin: 0, fontSize: tokens.fontSizeBase500, fontWeight: tokens.fontWeightSemibold },
  quiet: { color: tokens.colorNeutralForeground3 },
});

export function EndpointStep({ choice, set, names }: StepProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const wrong = choice.isNew ? wrongName(choice.endpoint, names) : null;
  const words = {
    taken: t("An endpoint of this name is there already."),
    short: t("A name has 3 letters at least."),
    form: t("A name has 3 to 32 letters, digits and '-', the first a letter, the last no '-'."),
  };
  return (
    <div className={styles.stack}>
      <h2 className={styles.heading}>{t("Endpoint")}</h2>
      {names.length > 0 && (
        <RadioGroup
          layout="horizontal"
          value={choice.isNew ? "new" : "there"}
          onChange={(_, { value }) =>
            set({ isNew: value === "new", endpoint: value === "new" ? "" : (names[0] ?? "") })
          }
        >
          <Radio value="new" label={t("A new endpoint")} />
          <Radio value="there" label={t("One that is there")} />
        </RadioGroup>
      )}
      {choice.isNew ? (
        <>
          <Field
            label={t("Name")}
            required
            validationState={wrong ? "error" : choice.endpoint ? "success" : "none"}
            validationMessage={wrong ? words[wrong] : choice.endpoint ? t("The name can be used.") : undefined}
          >
            <Input value={choice.endpoint} onChange={(_, { value }) => set({ endpoint: value.trim() })} autoFocus />
          </Field>
          <Field label={t("Opened by")} hint={t("How callers show who they are")}>
            <Select
              value={choice.authMode}
              onChange={(_, { value }) => set({ authMode: value as OnlineChoice["authMode"] })}
            >
              <option value="key">{t("Key: it holds until it is made anew")}</option>
              <option value="aml_token">{t("Token: it holds for eight hours")}</option>
            </Select>
          </Field>
          <Field label={t("Description")}>
            <Input value={choice.description} onChange={(_, { value }) => set({ description: value })} />
          </Field>
        </>
      ) : (
        <Field label={t("Endpoint")}>
          <Select value={choice.endpoint} onChange={(_, { value }) => set({ endpoint: value })}>
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
        </Field>
      )}
    </div>
  );
}

export function ModelStep({ choice, set }: StepProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { to } = useWorkspace();
  return (
    <div className={styles.stack}>
      <h2 className={styles.heading}>{t("Model")}</h2>
      <ModelPicker value={choice.model} set={(model) => set({ model })} />
      <ModelNote model={choice.model} />
      <Text size={200}>
        <PageLink to={to("models")}>{t("Look at the models")}</PageLink>
      </Text>
    </div>
  );
}

export function DeploymentStep(props: StepProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { choice, set, behind, needs, code, setCode, environment, setEnvironment } = props;
  const isTaken = behind.includes(choice.deployment);
  return (
    <div className={styles.stack}>
      <h2 className={styles.heading}>{t("Deployment")}</h2>
      <Field
        label={t("Name")}
        required
        hint={t("blue and green are usual: one answers while the other is tried")}
        validationState={isTaken ? "error" : "none"}
        validationMessage={isTaken ? t("A deployment of this name is there already.") : undefined}
      >
        <Input value={choice.deployment} onChange={(_, { value }) => set({ deployment: value.trim() })} />
      </Field>
      {(needs === "script" || needs === "environment") && (
        <Card title={needs === "script" ? t("Script") : t("Environment")}>
          <div className={styles.stack}>
            <EnvironmentPicker value={environment} set={setEnvironment} />
            {needs === "script" && <CodePicker said={code} set={setCode} />}
          </div>
        </Card>
      )}
      <Card title={t("How it runs")}>
        <RunningFields said={choice.running} set={(running) => set({ running })} />
        <Pairs label={t("Environment variables")} of={choice.variables} set={(variables) => set({ variables })} />
      </Card>
    </div>
  );
}

export function TrafficStep({ choice, set, behind, shares, current }: StepProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const isFirst = behind.length === 0;
  return (
    <div className={styles.stack}>
      <h2 className={styles.heading}>{t("Traffic")}</h2>
      <RadioGroup
        value={choice.share === null ? "none" : "some"}
        onChange={(_, { value }) => set({ share: value === "none" ? null : isFirst ? 100 : 10 })}
      >
        <Radio value="some" label={isFirst ? t("All of it, once it answers") : t("A share of it, once it answers")} />
        <Radio value="none" label={t("None yet: it answers where a request names it")} />
      </RadioGroup>
      {choice.share !== null && !isFirst && (
        <Field label={t("Share of {{name}}: {{share}} %", { name: choice.deployment, share: choice.share })}>
          <Slider min={0} max={100} value={choice.share} onChange={(_, { value }) => set({ share: value })} />
        </Field>
      )}
      <TrafficBar shares={shares ?? current} />
    </div>
  );
}

export function ReviewStep({ choice, shares }: StepProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const auth = useAuthWord();
  const { running } = choice;
  return (
    <div className={styles.stack}>
      <h2 className={styles.heading}>{t("Review")}</h2>
      <Facts
        of={[
          [t("Endpoint"), choice.isNew ? t("{{name}}, new", { name: choice.endpoint }) : choice.endpoint],
          [
            t("Opened by"),
            choice.isNew ? auth({ key: "Key", aml_token: "AMLToken", aad_token: "AADToken" }[choice.authMode]) : "",
          ],
          [t("Model"), choice.model],
          [t("Deployment"), choice.deployment],
          [t("Environment"), choice.scripted?.environment],
          [t("Script"), choice.scripted?.script],
          [t("Instances"), running.scales ? `${running.least}–${running.most}` : running.instances],
          [t("Traffic"), shares ? <TrafficBar key="traffic" shares={shares} /> : t("As it is")],
        ]}
      />
      {choice.isNew && (
        <Card title="endpoint.yml">
          <Code text={endpointYaml(choice)} />
        </Card>
      )}
      <Card title={`${choice.deployment}.yml`}>
        <Code text={deploymentYaml(choice)} />
      </Card>
      <Card title={t("The same on the command line")}>
        <Code text={commands(choice, shares)} />
      </Card>
    </div>
  );
}
