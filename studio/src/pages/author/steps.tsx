/** The steps of a pipeline in the form: what each runs, what it is given; all else of a step is in the YAML. */
import {
  Accordion,
  AccordionHeader,
  AccordionItem,
  AccordionPanel,
  Button,
  Combobox,
  Field,
  Input,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  Option,
  Text,
  tokens,
} from "@fluentui/react-components";
import { Add16Regular } from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import { useWorkspace } from "@/api/workspace";
import { CodeField } from "@/pages/author/code";
import { Labelled, Remove, TextField, WordField } from "@/pages/author/fields";
import { freshName, useForm, useSaid, useTyped } from "@/pages/author/form";
import { useKnown } from "@/pages/author/names";
import { ComputeField, EnvironmentField } from "@/pages/author/pickers";
import { Puts } from "@/pages/author/puts";
import { mapOf, type Path } from "@/pages/author/schema";
import { type ComponentResource, stepOf } from "@/pages/components/component";

const useStyles = makeStyles({
  head: { display: "flex", gap: "8px", alignItems: "baseline", minWidth: 0, width: "100%" },
  quiet: { color: tokens.colorNeutralForeground3, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  fields: { display: "grid", gap: "12px", paddingBottom: "12px" },
  line: { display: "flex", gap: "8px", alignItems: "end" },
});

export function Steps({ path }: { path: Path }) {
  const { t } = useTranslation();
  const { api } = useWorkspace();
  const { components } = useKnown();
  const { value, set } = useSaid(path);
  const jobs = mapOf(value);
  const addCommand = () =>
    set({
      ...jobs,
      [freshName(jobs, "step")]: { type: "command", command: "echo", environment: "azureml:AzureML-minimal@latest" },
    });
  const addComponent = async (name: string) => {
    const { data } = await api.GET("/components/{name}", { params: { path: { name } } });
    const version = data?.properties?.latestVersion ?? "1";
    const found = await api.GET("/components/{name}/versions/{version}", { params: { path: { name, version } } });
    const word = freshName(jobs, name.replaceAll(/[^A-Za-z0-9_]/g, "_"));
    set({ ...jobs, [word]: stepOf(found.data as unknown as ComponentResource, name, version) });
  };
  return (
    <Labelled path={path} label="">
      <div>
        <Accordion collapsible multiple>
          {Object.keys(jobs ?? {}).map((name, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a step keeps its place while its name is typed
            <Step key={index} at={index} path={path} name={name} />
          ))}
        </Accordion>
        <Menu>
          <MenuTrigger>
            <Button size="small" appearance="subtle" icon={<Add16Regular />}>
              {t("Add a step")}
            </Button>
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              <MenuItem onClick={addCommand}>{t("A command")}</MenuItem>
              {components.map((name) => (
                <MenuItem key={name} onClick={() => addComponent(name)}>
                  {name}
                </MenuItem>
              ))}
            </MenuList>
          </MenuPopover>
        </Menu>
      </div>
    </Labelled>
  );
}

function Step({ at, path, name }: { at: number; path: Path; name: string }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const { set, rename } = useForm();
  const own = [...path, name];
  const [key, typeKey] = useTyped(name, (typed) => typed.trim() && rename(own, typed.trim()));
  const step = mapOf(useSaid(own).value) ?? {};
  const type = String(step.type ?? "command");
  const runs = step.component ?? step.trial ?? step.command ?? "";
  const isNamed = type === "sweep" ? "trial" : "component";
  const isOwn = step.command !== undefined;
  return (
    <AccordionItem value={at}>
      <AccordionHeader size="small">
        <span className={styles.head}>
          <Text weight="semibold">{name}</Text>
          <Text size={200} className={styles.quiet}>
            {type} · {typeof runs === "string" ? runs : t("In place")}
          </Text>
        </span>
      </AccordionHeader>
      <AccordionPanel>
        <div className={styles.fields}>
          <div className={styles.line}>
            <Field label={t("Name")} style={{ flex: 1, minWidth: 0 }}>
              <Input value={key} onChange={(_, data) => typeKey(data.value)} />
            </Field>
            <div style={{ flex: 1, minWidth: 0 }}>
              <WordField
                path={[...own, "type"]}
                label={t("Type")}
                words={["command", "parallel", "sweep", "pipeline"]}
              />
            </div>
            <Remove name={name} act={() => set(own, undefined)} />
          </div>
          {isOwn ? (
            <>
              <TextField path={[...own, "command"]} label={t("Command")} isMono rows={3} isRequired />
              <EnvironmentField path={[...own, "environment"]} label={t("Environment")} isRequired />
              <CodeField path={[...own, "code"]} label={t("Code")} />
            </>
          ) : (
            <ComponentField path={[...own, isNamed]} label={t("Component")} />
          )}
          <Puts path={[...own, "inputs"]} side="inputs" label={t("Inputs")} />
          <Puts path={[...own, "outputs"]} side="outputs" label={t("Outputs")} />
          <ComputeField path={[...own, "compute"]} label={t("Compute")} />
        </div>
      </AccordionPanel>
    </AccordionItem>
  );
}

export function ComponentField({ path, label }: { path: Path; label: string }) {
  const { value, set } = useSaid(path);
  const { components } = useKnown();
  const [text, type] = useTyped(typeof value === "string" ? value : "", (typed) => set(typed.trim() || undefined));
  return (
    <Labelled path={path} label={label}>
      <Combobox
        freeform
        value={text}
        selectedOptions={[text]}
        onChange={(event) => type(event.target.value)}
        onOptionSelect={(_, { optionValue }) => optionValue !== undefined && type(optionValue)}
      >
        {components.map((name) => (
          <Option key={name}>{`azureml:${name}@latest`}</Option>
        ))}
      </Combobox>
    </Labelled>
  );
}
