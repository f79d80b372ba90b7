import {
  Button,
  Checkbox,
  Field,
  Input,
  makeStyles,
  mergeClasses,
  Radio,
  RadioGroup,
  Tab,
  TabList,
  Text,
  Textarea,
  tokens,
} from "@fluentui/react-components";
import { Add16Regular, ArrowDownload16Regular, Delete16Regular, ErrorCircle16Filled } from "@fluentui/react-icons";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { server } from "@/api/client";
import { asProblem, type Problem } from "@/api/problem";
import { workspaceAt } from "@/api/workspace";
import { useSubscriptions, useWorkspaces } from "@/api/workspaces";
import { keep } from "@/parts/keep";
import { Page } from "@/parts/page";
import { ProblemView } from "@/parts/problem";
import { Card, Code, Facts } from "@/parts/said";
import { useTell } from "@/shell/told";
import { bodyOf, commandOf, type Settings, templateOf, wrongName, yamlOf } from "./template";

const useStyles = makeStyles({
  page: { display: "grid", gridTemplateColumns: "minmax(0, 720px)", gap: "20px" },
  form: { display: "grid", gap: "16px", maxWidth: "560px" },
  note: { color: tokens.colorNeutralForeground3, maxWidth: "66ch" },
  tag: { display: "grid", gridTemplateColumns: "1fr 1fr 32px", gap: "8px", alignItems: "end" },
  foot: { display: "flex", gap: "8px", paddingTop: "16px", borderTop: `1px solid ${tokens.colorNeutralStroke2}` },
  last: { marginLeft: "auto" },
  cards: { display: "grid", gap: "16px" },
});

const STEPS = ["basics", "networking", "advanced", "tags", "review"] as const;
type Step = (typeof STEPS)[number];

const NEW: Settings = {
  subscription: "",
  group: "",
  name: "",
  displayName: "",
  description: "",
  location: "local",
  publicNetworkAccess: "Enabled",
  hbi: false,
  tags: [["", ""]],
};

/** Create a workspace in the steps of Azure's portal; the last one shows all, and gives it away as template and command. */
export default function Create() {
  const { t } = useTranslation();
  const styles = useStyles();
  const navigate = useNavigate();
  const tell = useTell();
  const queries = useQueryClient();
  const { data: known = [] } = useSubscriptions();
  const { data: workspaces = [] } = useWorkspaces();
  const [said, setSaid] = useState(NEW);
  const [step, setStep] = useState<Step>("basics");
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const group = said.group || workspaces[0]?.group || "lazuli";
  const settings = { ...said, group, subscription: said.subscription || known[0] || "" };
  const change = (changed: Partial<Settings>) => setSaid((before) => ({ ...before, ...changed }));
  const isTaken = workspaces.some(
    (each) =>
      each.workspace.toLowerCase() === settings.name.toLowerCase() && each.group.toLowerCase() === group.toLowerCase(),
  );
  const wrong = {
    name: wrongName(settings.name, "workspace") || (isTaken && "taken"),
    group: wrongName(group, "group"),
  };
  const isWrong = Boolean(wrong.name || wrong.group);
  const texts: Record<Step, string> = {
    basics: t("Basics"),
    networking: t("Networking"),
    advanced: t("Advanced"),
    tags: t("Tags"),
    review: t("Review + create"),
  };
  const go = (to: Step) => {
    setTried(isTried || step === "basics");
    setStep(to);
  };
  const create = async () => {
    setBusy(true);
    setProblem(null);
    const here = workspaceAt({ subscription: settings.subscription, group, workspace: settings.name });
    try {
      const path =
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.MachineLearningServices/workspaces/{workspace}";
      await server.PUT(path, { params: { path: here }, body: bodyOf(settings) as never });
      await queries.invalidateQueries({ queryKey: ["workspaces"] });
      tell({ title: t("Workspace {{name}} is there", { name: settings.name }) });
      navigate(here.to());
    } catch (error) {
      setProblem(asProblem(error));
      setBusy(false);
    }
  };
  const props = { settings, change, wrong: isTried ? wrong : { name: isTaken && "taken", group: "" } };
  const pages: Record<Step, ReactNode> = {
    basics: <Basics {...props} groups={[...new Set(workspaces.map((each) => each.group))]} known={known} />,
    networking: <Networking {...props} />,
    advanced: <Advanced {...props} />,
    tags: <Tags {...props} />,
    review: <Review settings={settings} />,
  };
  const at = STEPS.indexOf(step);
  const bad = isTried && isWrong;
  return (
    <Page title={t("Create workspace")} crumbs={[{ text: t("Workspaces"), to: "/workspaces" }]}>
      <div className={styles.page}>
        <TabList selectedValue={step} onTabSelect={(_, { value }) => go(value as Step)}>
          {STEPS.map((each) => (
            <Tab key={each} value={each} icon={each === "basics" && bad ? <ErrorCircle16Filled /> : undefined}>
              {texts[each]}
            </Tab>
          ))}
        </TabList>
        {problem && <ProblemView problem={problem} />}
        {pages[step]}
        <div className={styles.foot}>
          <Button disabled={at === 0} onClick={() => go(STEPS[at - 1] ?? "basics")}>
            {t("Previous")}
          </Button>
          {step !== "review" && <Button onClick={() => go(STEPS[at + 1] ?? "review")}>{t("Next")}</Button>}
          {step === "review" ? (
            <Button appearance="primary" className={styles.last} disabled={isWrong || isBusy} onClick={create}>
              {t("Create")}
            </Button>
          ) : (
            <Button appearance="primary" className={styles.last} onClick={() => go("review")}>
              {t("Review + create")}
            </Button>
          )}
        </div>
      </div>
    </Page>
  );
}

interface StepProps {
  settings: Settings;
  change: (changed: Partial<Settings>) => void;
  wrong: { name: string | false; group: string };
}

function Basics({ settings, change, wrong, groups, known }: StepProps & { groups: string[]; known: string[] }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const reasons: Record<string, string> = {
    missing: t("Say a name."),
    letters: t("Letters, digits, “_”, “.” and “-”, beginning with a letter or digit."),
    long: t("It is too long: 33 characters at most."),
    taken: t("A workspace of this name is already in this group."),
  };
  return (
    <div className={styles.form}>
      <Text className={styles.note}>
        {t(
          "A workspace holds jobs, data, models and endpoints that belong together. Its storage, key vault and log are made with it.",
        )}
      </Text>
      <Field label={t("Workspace name")} required validationMessage={reasons[wrong.name || ""]}>
        <Input
          value={settings.name}
          onChange={(_, { value }) => change({ name: value.trim() })}
          placeholder="my-workspace"
        />
      </Field>
      <Field label={t("Display name")}>
        <Input value={settings.displayName} onChange={(_, { value }) => change({ displayName: value })} />
      </Field>
      <Field label={t("Description")}>
        <Textarea value={settings.description} onChange={(_, { value }) => change({ description: value })} />
      </Field>
      <Field label={t("Subscription")} hint={t("A name for whom it belongs to; nothing is billed.")}>
        <Input
          list="subscriptions"
          value={settings.subscription}
          onChange={(_, { value }) => change({ subscription: value.trim() })}
        />
      </Field>
      <datalist id="subscriptions">
        {known.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
      <Field
        label={t("Resource group")}
        required
        validationMessage={reasons[wrong.group]}
        hint={t("An existing one or a new one: it need not be made first.")}
      >
        <Input list="groups" value={settings.group} onChange={(_, { value }) => change({ group: value.trim() })} />
      </Field>
      <datalist id="groups">
        {groups.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
      <Field label={t("Region")} hint={t("Kept and told again; everything is on the server's machine.")}>
        <Input value={settings.location} onChange={(_, { value }) => change({ location: value.trim() })} />
      </Field>
    </div>
  );
}

function Networking({ settings, change }: StepProps) {
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <div className={styles.form}>
      <Text className={styles.note}>
        {t(
          "Who can reach this server is decided by the address it listens on: this machine alone, unless it was started otherwise. The choice here is kept with the workspace, and goes into the template.",
        )}
      </Text>
      <Field label={t("Public network access")}>
        <RadioGroup
          value={settings.publicNetworkAccess}
          onChange={(_, { value }) => change({ publicNetworkAccess: value as Settings["publicNetworkAccess"] })}
        >
          <Radio value="Enabled" label={t("Enabled")} />
          <Radio value="Disabled" label={t("Disabled")} />
        </RadioGroup>
      </Field>
    </div>
  );
}

function Advanced({ settings, change }: StepProps) {
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <div className={styles.form}>
      <Text className={styles.note}>
        {t("Secrets are sealed where they lie, and no diagnostics leave this machine, with and without this mark.")}
      </Text>
      <Checkbox
        checked={settings.hbi}
        onChange={(_, { checked }) => change({ hbi: checked === true })}
        label={t("High business impact workspace")}
      />
    </div>
  );
}

function Tags({ settings, change }: StepProps) {
  const { t } = useTranslation();
  const styles = useStyles();
  const put = (index: number, pair: [string, string]) => change({ tags: settings.tags.with(index, pair) });
  return (
    <div className={styles.form}>
      <Text className={styles.note}>{t("Words to find it by.")}</Text>
      {settings.tags.map(([name, value], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is what stands at its place
        <div key={index} className={mergeClasses(styles.tag)}>
          <Field label={index === 0 ? t("Name") : undefined}>
            <Input aria-label={t("Name")} value={name} onChange={(_, said) => put(index, [said.value, value])} />
          </Field>
          <Field label={index === 0 ? t("Value") : undefined}>
            <Input aria-label={t("Value")} value={value} onChange={(_, said) => put(index, [name, said.value])} />
          </Field>
          <Button
            appearance="subtle"
            icon={<Delete16Regular />}
            aria-label={t("Remove")}
            onClick={() => change({ tags: settings.tags.toSpliced(index, 1) })}
          />
        </div>
      ))}
      <Button
        icon={<Add16Regular />}
        style={{ justifySelf: "start" }}
        onClick={() => change({ tags: [...settings.tags, ["", ""]] })}
      >
        {t("Add a tag")}
      </Button>
    </div>
  );
}

function Review({ settings }: { settings: Settings }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const template = JSON.stringify(templateOf(settings), null, 2);
  return (
    <div className={styles.cards}>
      <Card>
        <Facts
          of={[
            [t("Workspace name"), settings.name || "–"],
            [t("Display name"), settings.displayName],
            [t("Description"), settings.description],
            [t("Subscription"), settings.subscription],
            [t("Resource group"), settings.group],
            [t("Region"), settings.location],
            [t("Public network access"), t(settings.publicNetworkAccess)],
            [t("High business impact workspace"), settings.hbi ? t("Yes") : t("No")],
            [t("Tags"), settings.tags.flatMap(([name, value]) => (name ? [`${name}: ${value}`] : [])).join(", ")],
          ]}
        />
      </Card>
      <Card
        title={t("The same from a command line")}
        actions={
          <Download name={`${settings.name || "workspace"}.yml`} text={yamlOf(settings)} says={t("Download YAML")} />
        }
      >
        <Code text={commandOf(settings)} />
      </Card>
      <Card
        title={t("ARM template")}
        actions={<Download name="template.json" text={template} says={t("Download template")} />}
      >
        <Text className={styles.note}>
          {t(
            "The same workspace in Azure, with the storage account, key vault and insights that it needs there: az deployment group create --template-file template.json",
          )}
        </Text>
      </Card>
    </div>
  );
}

function Download({ name, text, says }: { name: string; text: string; says: string }) {
  return (
    <Button size="small" icon={<ArrowDownload16Regular />} onClick={() => keep(name, text)}>
      {says}
    </Button>
  );
}
