/** The sweep wizard: what each trial runs, what is searched, how, and the YAML that comes of it. */
import {
  Button,
  Card,
  CardHeader,
  Combobox,
  Field,
  makeStyles,
  Option,
  Spinner,
  Switch,
  Tab,
  TabList,
  Text,
  tokens,
} from "@fluentui/react-components";
import { ArrowLeft16Regular, ArrowRight16Regular, Play20Filled } from "@fluentui/react-icons";
import { type ReactNode, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useGet, useWorkspace } from "@/api/workspace";
import { fileOfJob } from "@/pages/author/begin";
import { useWrong } from "@/pages/author/check";
import { keepDraft } from "@/pages/author/draft";
import { type Form, FormProvider, useForm } from "@/pages/author/form";
import { useSchema } from "@/pages/author/names";
import { ComputeField } from "@/pages/author/pickers";
import { Problems } from "@/pages/author/problems";
import { at, mapOf, type Schema } from "@/pages/author/schema";
import { Early, Limits, Objective, Sampling } from "@/pages/author/search";
import { Runs } from "@/pages/author/sections";
import { SpaceField } from "@/pages/author/space";
import { literalsOf, searched, sweepOf } from "@/pages/author/sweeping";
import { templates } from "@/pages/author/templates";
import { useSubmit, useYaml } from "@/pages/author/yaml";
import { Asked } from "@/parts/asked";
import { Editor } from "@/parts/editor";
import { Page } from "@/parts/page";
import { useTellProblem } from "@/shell/told";

const useStyles = makeStyles({
  place: {
    display: "grid",
    gridTemplateColumns: "200px minmax(0, 1fr)",
    gap: "24px",
    flex: 1,
    minHeight: 0,
    padding: "12px 24px 16px",
  },
  main: { display: "flex", flexDirection: "column", minHeight: 0, gap: "12px" },
  step: {
    flex: 1,
    minHeight: 0,
    overflowY: "auto",
    display: "grid",
    gap: "16px",
    alignContent: "start",
    maxWidth: "760px",
    paddingRight: "8px",
  },
  whole: { flex: 1, minHeight: 0, display: "flex", flexDirection: "column", gap: "8px" },
  foot: { display: "flex", gap: "8px", borderTop: `1px solid ${tokens.colorNeutralStroke2}`, paddingTop: "12px" },
  cards: { display: "grid", gridTemplateColumns: "repeat(2, minmax(0, 1fr))", gap: "12px" },
  quiet: { color: tokens.colorNeutralForeground3 },
});

export default function SweepWizard() {
  const { t } = useTranslation();
  const schema = useSchema("job");
  if (schema.data) return <Wizard schema={schema.data} />;
  return (
    <Page title={t("New sweep")}>
      <Asked of={schema}>{() => null}</Asked>
    </Page>
  );
}

const STEPS = ["base", "space", "search", "review"] as const;
type StepName = (typeof STEPS)[number];

function Wizard({ schema }: { schema: Schema }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const example = useMemo(() => templates(t).find(({ key }) => key === "sweep")?.yaml ?? "", [t]);
  const { text, setText, said, data, set, rename } = useYaml(example);
  const { wrong, isChecked } = useWrong(text, said, schema, t);
  const [step, setStep] = useState<StepName>("base");
  const { submit, isSending } = useSubmit(text, () => setStep("review"));
  const form = useMemo((): Form => ({ data, schema, set, rename, wrong }), [data, schema, set, rename, wrong]);
  const place = STEPS.indexOf(step);
  const names: Record<StepName, string> = {
    base: t("What each trial runs"),
    space: t("Search space"),
    search: t("Objective and limits"),
    review: t("Review and submit"),
  };
  const parts: Record<StepName, ReactNode> = {
    base: <Base begin={setText} example={example} />,
    space: <Space text={text} change={setText} />,
    search: <Search />,
    review: null,
  };
  const further = () => {
    keepDraft(workspace.id, text);
    navigate(workspace.to("new"));
  };
  return (
    <Page title={t("New sweep")} crumbs={[{ text: t("New job"), to: workspace.to("new") }]} full>
      <div className={styles.place}>
        <TabList vertical selectedValue={step} onTabSelect={(_, { value }) => setStep(value as StepName)}>
          {STEPS.map((each, index) => (
            <Tab key={each} value={each}>{`${index + 1}. ${names[each]}`}</Tab>
          ))}
        </TabList>
        <div className={styles.main}>
          {step === "review" ? (
            <div className={styles.whole}>
              <div style={{ flex: 1, minHeight: 0 }}>
                <Editor
                  label={t("The job as YAML")}
                  value={text}
                  onChange={setText}
                  markers={wrong.map(({ line, message, mend, severity }) => ({
                    line,
                    severity,
                    message: `${message} ${mend}`,
                  }))}
                />
              </div>
              <Problems wrong={wrong} isChecked={isChecked} goTo={() => {}} />
            </div>
          ) : (
            <div className={styles.step}>
              <FormProvider value={form}>{parts[step]}</FormProvider>
            </div>
          )}
          <div className={styles.foot}>
            <Button
              icon={<ArrowLeft16Regular />}
              disabled={place === 0}
              onClick={() => setStep(STEPS[place - 1] ?? "base")}
            >
              {t("Back")}
            </Button>
            {step === "review" ? (
              <Button
                appearance="primary"
                icon={isSending ? <Spinner size="tiny" /> : <Play20Filled />}
                disabled={isSending || said.errors.length > 0}
                onClick={submit}
              >
                {t("Submit")}
              </Button>
            ) : (
              <Button
                appearance="primary"
                iconPosition="after"
                icon={<ArrowRight16Regular />}
                onClick={() => setStep(STEPS[place + 1] ?? "review")}
              >
                {t("Next")}
              </Button>
            )}
            <Button appearance="subtle" onClick={further} style={{ marginLeft: "auto" }}>
              {t("Go on in the form with YAML")}
            </Button>
          </div>
        </div>
      </div>
    </Page>
  );
}

/** Where the sweep begins: the example, or a job whose inputs are to be searched. */
function Base({ begin, example }: { begin: (text: string) => void; example: string }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const workspace = useWorkspace();
  const tellProblem = useTellProblem();
  const [from, setFrom] = useState("");
  const query = { filter: "type IN ('command', 'sweep')", orderBy: "created desc", limit: "100" };
  const { data } = useGet<{ rows: { name: string; displayName?: string; type: string }[] }>("/jobTable", {
    params: { query },
  });
  const choose = async (name: string) => {
    setFrom(name);
    try {
      begin(sweepOf(await fileOfJob(workspace, name)));
    } catch (error) {
      tellProblem(error);
    }
  };
  return (
    <>
      <div className={styles.cards}>
        <Card>
          <CardHeader header={<Text weight="semibold">{t("A job that ran")}</Text>} />
          <Text size={200} className={styles.quiet}>
            {t("Its command becomes the trial; then choose which of its inputs are searched.")}
          </Text>
          <Combobox
            aria-label={t("Choose a job")}
            placeholder={t("Choose a job")}
            value={from}
            selectedOptions={[from]}
            style={{ minWidth: 0 }}
            onOptionSelect={(_, { optionValue }) => optionValue && choose(optionValue)}
          >
            {(data?.rows ?? []).map(({ name, displayName, type }) => (
              <Option key={name} value={name} text={name}>
                {`${displayName && displayName !== name ? `${displayName} · ` : ""}${name} (${type})`}
              </Option>
            ))}
          </Combobox>
        </Card>
        <Card>
          <CardHeader header={<Text weight="semibold">{t("An example")}</Text>} />
          <Text size={200} className={styles.quiet}>
            {t("Twelve trials that look for the best values")}
          </Text>
          <Button
            style={{ justifySelf: "start", alignSelf: "start" }}
            onClick={() => {
              setFrom("");
              begin(example);
            }}
          >
            {t("Start from the example")}
          </Button>
        </Card>
      </div>
      <Runs path={["trial"]} />
      <ComputeField path={["compute"]} label={t("Compute")} />
    </>
  );
}

function Space({ text, change }: { text: string; change: (text: string) => void }) {
  const { t } = useTranslation();
  const { data } = useForm();
  const literals = literalsOf(data);
  const command = String(at(data, ["trial", "command"]) ?? "");
  const unbound = Object.keys(mapOf(at(data, ["search_space"])) ?? {}).filter(
    (name) => !command.includes(`search_space.${name}`) && !command.includes("search_space}}"),
  );
  return (
    <>
      {literals.length > 0 && (
        <Field label={t("Inputs of the job: switch on what is to be searched")}>
          <div>
            {literals.map(([name, value]) => (
              <Switch
                key={name}
                label={`${name} = ${value}`}
                checked={false}
                onChange={() => change(searched(text, name))}
              />
            ))}
          </div>
        </Field>
      )}
      <SpaceField path={["search_space"]} label={t("Search space")} />
      {unbound.length > 0 && (
        <Text size={200}>
          {t("The command does not use: {{names}}. Write it as {{example}}.", {
            names: unbound.join(", "),
            example: `\${{search_space.${unbound[0]}}}`,
          })}
        </Text>
      )}
    </>
  );
}

function Search() {
  return (
    <>
      <Objective />
      <Sampling />
      <Early />
      <Limits />
    </>
  );
}
