/** The parts of the form, in the order in which one thinks of them. */
import {
  Accordion,
  AccordionHeader,
  AccordionItem,
  AccordionPanel,
  Dropdown,
  MessageBar,
  MessageBarBody,
  makeStyles,
  Option,
  Text,
  tokens,
} from "@fluentui/react-components";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { CodeField } from "@/pages/author/code";
import {
  Labelled,
  MapField,
  NumberField,
  SchemaField,
  TextField,
  useStyles as useFieldStyles,
  WordField,
} from "@/pages/author/fields";
import { useForm, useSaid } from "@/pages/author/form";
import { ComputeField, EnvironmentField, ExperimentField } from "@/pages/author/pickers";
import { Puts } from "@/pages/author/puts";
import { keysOf, mapOf, meant, type Path } from "@/pages/author/schema";
import { Early, Limits, Objective, Sampling } from "@/pages/author/search";
import { SpaceField } from "@/pages/author/space";
import { ComponentField, Steps } from "@/pages/author/steps";

const useStyles = makeStyles({
  section: { display: "grid", gap: "12px", padding: "4px 0 16px" },
  more: { color: tokens.colorNeutralForeground3 },
});

/** The form of a job of any kind. */
export function JobForm({ isBroken }: { isBroken: boolean }) {
  const { t } = useTranslation();
  const { data } = useForm();
  const type = String(mapOf(data)?.type ?? "command");
  const kinds: Record<string, ReactNode> = { command: <Command />, sweep: <Sweep />, pipeline: <Pipeline /> };
  return (
    <fieldset disabled={isBroken} style={{ border: "none", margin: 0, padding: 0, minWidth: 0 }}>
      {isBroken && (
        <MessageBar intent="warning" style={{ marginBottom: 8 }}>
          <MessageBarBody>
            {t("The YAML cannot be read now. The form shows what it said before, and waits.")}
          </MessageBarBody>
        </MessageBar>
      )}
      <Accordion collapsible multiple defaultOpenItems={["basics", "runs", "where", "puts", "search", "steps"]}>
        <Section value="basics" title={t("Basics")}>
          <Basics />
        </Section>
        {kinds[type] ?? <More known={BASIC} isOpen />}
      </Accordion>
    </fieldset>
  );
}

function Section({ value, title, children }: { value: string; title: string; children: ReactNode }) {
  const styles = useStyles();
  return (
    <AccordionItem value={value}>
      <AccordionHeader as="h2" size="small">
        <Text weight="semibold">{title}</Text>
      </AccordionHeader>
      <AccordionPanel>
        <div className={styles.section}>{children}</div>
      </AccordionPanel>
    </AccordionItem>
  );
}

const BASIC = ["$schema", "type", "name", "display_name", "experiment_name", "description", "tags", "is_archived"];

function Basics() {
  const { t } = useTranslation();
  const styles = useFieldStyles();
  return (
    <>
      <div className={styles.two}>
        <TypeField />
        <TextField path={["display_name"]} label={t("Display name")} placeholder={t("Made up if left out")} />
      </div>
      <div className={styles.two}>
        <ExperimentField path={["experiment_name"]} label={t("Experiment")} />
        <TextField path={["name"]} label={t("Name")} placeholder={t("Made up if left out")} />
      </div>
      <TextField path={["description"]} label={t("Description")} rows={2} />
      <MapField path={["tags"]} label={t("Tags")} word="tag" />
    </>
  );
}

/** Another kind keeps what both kinds know: a command becomes the trial of a sweep, and the other way round. */
function TypeField() {
  const { t } = useTranslation();
  const { data, set } = useForm();
  const said = String(mapOf(data)?.type ?? "command");
  const words: Record<string, string> = {
    command: t("Command"),
    sweep: t("Sweep"),
    pipeline: t("Pipeline"),
    automl: t("AutoML"),
  };
  const moved = ["command", "code", "environment", "environment_variables", "distribution"];
  const choose = (kind: string) => {
    const own = mapOf(data) ?? {};
    const trial = mapOf(own.trial) ?? {};
    set(["type"], kind);
    for (const word of moved) {
      if (kind === "sweep" && own[word] !== undefined) {
        set(["trial", word], own[word]);
        set([word], undefined);
      } else if (kind === "command" && said === "sweep" && trial[word] !== undefined) {
        set([word], trial[word]);
        set(["trial", word], undefined);
      }
    }
  };
  return (
    <Labelled path={["type"]} label={t("Type")}>
      <Dropdown
        value={words[said] ?? said}
        selectedOptions={[said]}
        onOptionSelect={(_, { optionValue }) => choose(optionValue ?? said)}
      >
        {["command", "sweep", "pipeline"].map((word) => (
          <Option key={word} value={word}>
            {words[word] ?? word}
          </Option>
        ))}
      </Dropdown>
    </Labelled>
  );
}

/** What runs: a command, with its code, in its environment. */
export function Runs({ path }: { path: Path }) {
  const { t } = useTranslation();
  return (
    <>
      <TextField
        path={[...path, "command"]}
        label={t("Command")}
        isRequired
        isMono
        rows={4}
        placeholder="python train.py --lr ${{inputs.lr}}"
      />
      <CodeField path={[...path, "code"]} label={t("Code")} />
      <EnvironmentField path={[...path, "environment"]} label={t("Environment")} isRequired />
      <MapField path={[...path, "environment_variables"]} label={t("Environment variables")} word="NAME" />
    </>
  );
}

function Where({ path }: { path: Path }) {
  const { t } = useTranslation();
  const styles = useFieldStyles();
  return (
    <>
      <ComputeField path={["compute"]} label={t("Compute")} />
      <div className={styles.two}>
        <NumberField path={[...path, "resources", "instance_count"]} label={t("Nodes")} placeholder="1" />
        <TextField path={[...path, "resources", "instance_type"]} label={t("Size of a node")} />
      </div>
      <TextField path={[...path, "resources", "shm_size"]} label={t("Shared memory")} placeholder="2g" />
    </>
  );
}

function Command() {
  const { t } = useTranslation();
  const styles = useFieldStyles();
  return (
    <>
      <Section value="runs" title={t("What runs")}>
        <Runs path={[]} />
      </Section>
      <Section value="puts" title={t("Inputs and outputs")}>
        <Puts path={["inputs"]} side="inputs" label={t("Inputs")} />
        <Puts path={["outputs"]} side="outputs" label={t("Outputs")} />
      </Section>
      <Section value="where" title={t("Where it runs")}>
        <Where path={[]} />
      </Section>
      <Section value="many" title={t("Distribution and limits")}>
        <div className={styles.two}>
          <WordField path={["distribution", "type"]} label={t("Distribution")} />
          <NumberField
            path={["distribution", "process_count_per_instance"]}
            label={t("Processes a node")}
            placeholder="1"
          />
        </div>
        <NumberField path={["limits", "timeout"]} label={t("Canceled after so many seconds")} />
      </Section>
      <More
        known={[
          ...BASIC,
          "command",
          "code",
          "environment",
          "environment_variables",
          "inputs",
          "outputs",
          "compute",
          "resources",
          "distribution",
          "limits",
        ]}
      />
    </>
  );
}

function Sweep() {
  const { t } = useTranslation();
  return (
    <>
      <Section value="runs" title={t("What each trial runs")}>
        <Runs path={["trial"]} />
      </Section>
      <Section value="search" title={t("Search")}>
        <SpaceField path={["search_space"]} label={t("Search space")} />
        <Objective />
        <Sampling />
        <Early />
        <Limits />
      </Section>
      <Section value="puts" title={t("Inputs and outputs")}>
        <Puts path={["inputs"]} side="inputs" label={t("Inputs")} />
        <Puts path={["outputs"]} side="outputs" label={t("Outputs")} />
      </Section>
      <Section value="where" title={t("Where it runs")}>
        <Where path={[]} />
      </Section>
      <More
        known={[
          ...BASIC,
          "trial",
          "search_space",
          "objective",
          "sampling_algorithm",
          "early_termination",
          "limits",
          "inputs",
          "outputs",
          "compute",
          "resources",
        ]}
      />
    </>
  );
}

function Pipeline() {
  const { t } = useTranslation();
  const { data } = useForm();
  const isKept = mapOf(data)?.component !== undefined;
  return (
    <>
      <Section value="steps" title={t("Steps")}>
        {isKept ? <ComponentField path={["component"]} label={t("Component")} /> : <Steps path={["jobs"]} />}
      </Section>
      <Section value="puts" title={t("Inputs and outputs")}>
        <Puts path={["inputs"]} side="inputs" label={t("Inputs")} />
        <Puts path={["outputs"]} side="outputs" label={t("Outputs")} />
      </Section>
      <Section value="where" title={t("Where it runs")}>
        <ComputeField path={["settings", "default_compute"]} label={t("Compute of steps that name none")} />
        <TextField path={["settings", "default_datastore"]} label={t("Datastore of outputs that name none")} />
        <SchemaField path={["settings", "continue_on_step_failure"]} />
        <SchemaField path={["settings", "force_rerun"]} />
      </Section>
      <More known={[...BASIC, "jobs", "component", "inputs", "outputs", "settings", "compute"]} />
    </>
  );
}

/** Whatever else the schema knows. */
function More({ known, isOpen }: { known: string[]; isOpen?: boolean }) {
  const { t } = useTranslation();
  const { data, schema } = useForm();
  const { value } = useSaid([]);
  const keys = keysOf(meant(schema, schema, value ?? data)).filter(({ key }) => !known.includes(key));
  return (
    <Section value={isOpen ? "basics" : "more"} title={t("More")}>
      {keys.map(({ key }) => (
        <SchemaField key={key} path={[key]} />
      ))}
    </Section>
  );
}
