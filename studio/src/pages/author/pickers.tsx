/** Where it runs, and in what: chosen among what is there, or written. */
import { Combobox, Field, Option, OptionGroup, Text, tokens } from "@fluentui/react-components";
import { useTranslation } from "react-i18next";
import { useGet } from "@/api/workspace";
import { Labelled } from "@/pages/author/fields";
import { useSaid, useTyped } from "@/pages/author/form";
import { useKnown } from "@/pages/author/names";
import { mapOf, type Path } from "@/pages/author/schema";
import { type computeOf, useComputes } from "@/pages/compute/computes";

const plainName = (said: unknown) => (typeof said === "string" ? said.replace(/^azureml:/, "") : "");
const second = { color: tokens.colorNeutralForeground3, marginLeft: "auto", paddingLeft: 12 };

/** A compute, with how it stands now. */
export function ComputeField({ path, label }: { path: Path; label: string }) {
  const { t } = useTranslation();
  const { value, set } = useSaid(path);
  const { data = [] } = useComputes();
  const said = plainName(value);
  const [text, type] = useTyped(said, (typed) => set(typed.trim() ? `azureml:${typed.trim()}` : undefined));
  return (
    <Labelled path={path} label={label}>
      <Combobox
        freeform
        value={text}
        selectedOptions={[said]}
        placeholder={t("Where there is room: serverless")}
        onChange={(event) => type(event.target.value)}
        onOptionSelect={(_, { optionValue }) => optionValue !== undefined && type(optionValue)}
      >
        <Option value="local" text="local">
          local
          <span style={second}>{t("This server's machine")}</span>
        </Option>
        {data.map((each) => (
          <Option key={each.name} value={each.name} text={each.name}>
            {each.name}
            <span style={second}>{stateOf(each)}</span>
          </Option>
        ))}
      </Combobox>
    </Labelled>
  );
}

function stateOf({ isInstance, state, size, busy, max }: ReturnType<typeof computeOf>): string {
  return isInstance ? `${size} · ${state}` : `${size} · ${busy}/${max}`;
}

/** An environment: curated or own, of a version or the newest. */
export function EnvironmentField({ path, label, isRequired }: { path: Path; label: string; isRequired?: boolean }) {
  const { t } = useTranslation();
  const { value, set } = useSaid(path);
  const { listed } = useKnown();
  const inPlace = mapOf(value);
  const said = inPlace ? "" : String(value ?? "");
  const [text, type] = useTyped(said, (typed) => set(typed.trim() || undefined));
  const name = /^azureml:([^:@]+)/.exec(said)?.[1] ?? "";
  const own = listed.environments.filter((each) => !each.name.startsWith("AzureML-"));
  const curated = listed.environments.filter((each) => each.name.startsWith("AzureML-"));
  const option = (each: (typeof own)[number]) => (
    <Option key={each.name} value={`azureml:${each.name}@latest`} text={`azureml:${each.name}@latest`}>
      <span>
        {each.name}
        <Text block size={200} style={{ color: tokens.colorNeutralForeground3 }}>
          {each.properties.description}
        </Text>
      </span>
    </Option>
  );
  if (inPlace)
    return (
      <Labelled path={path} label={label} isRequired={isRequired} hint={t("Written in place; change it in the YAML.")}>
        <Combobox value={String(inPlace.image ?? inPlace.name ?? t("In place"))} disabled />
      </Labelled>
    );
  return (
    <div style={{ display: "grid", gridTemplateColumns: "minmax(0, 1fr) 130px", gap: 8 }}>
      <Labelled path={path} label={label} isRequired={isRequired}>
        <Combobox
          freeform
          value={text}
          selectedOptions={[said]}
          placeholder={t("Choose an environment")}
          onChange={(event) => type(event.target.value)}
          onOptionSelect={(_, { optionValue }) => optionValue !== undefined && type(optionValue)}
        >
          {own.length > 0 && <OptionGroup label={t("Own")}>{own.map(option)}</OptionGroup>}
          {curated.length > 0 && <OptionGroup label={t("Curated")}>{curated.map(option)}</OptionGroup>}
        </Combobox>
      </Labelled>
      <Version name={name} said={said} choose={type} />
    </div>
  );
}

function Version({ name, said, choose }: { name: string; said: string; choose: (text: string) => void }) {
  const { t } = useTranslation();
  const init = { params: { path: { name } } };
  const { data } = useGet<{ value: { name: string }[] }>("/environments/{name}/versions", init, {
    enabled: name !== "",
    staleTime: 60_000,
    retry: false,
  });
  const version = said.split(/[:@]/)[2] ?? "";
  return (
    <Field label={t("Version")}>
      <Combobox
        value={version}
        selectedOptions={[version]}
        disabled={!name}
        onOptionSelect={(_, { optionValue }) =>
          choose(optionValue === "latest" ? `azureml:${name}@latest` : `azureml:${name}:${optionValue}`)
        }
      >
        <Option value="latest">latest</Option>
        {(data?.value ?? []).map((each) => (
          <Option key={each.name} value={each.name}>
            {each.name}
          </Option>
        ))}
      </Combobox>
    </Field>
  );
}

/** The experiment it is listed under: one that is there, or a new one. */
export function ExperimentField({ path, label }: { path: Path; label: string }) {
  const { value, set } = useSaid(path);
  const { data } = useGet<{ value: { name: string; jobs: number }[] }>("/experiments", {}, { staleTime: 60_000 });
  const [text, type] = useTyped(String(value ?? ""), (typed) => set(typed.trim() || undefined));
  return (
    <Labelled path={path} label={label}>
      <Combobox
        freeform
        value={text}
        selectedOptions={[text]}
        placeholder="Default"
        onChange={(event) => type(event.target.value)}
        onOptionSelect={(_, { optionValue }) => optionValue !== undefined && type(optionValue)}
      >
        {(data?.value ?? []).map(({ name, jobs }) => (
          <Option key={name} value={name} text={name}>
            {name}
            <span style={second}>{jobs}</span>
          </Option>
        ))}
      </Combobox>
    </Labelled>
  );
}
