/** Makes a model of what a job left. */
import {
  Button,
  Combobox,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Dropdown,
  Field,
  Input,
  Option,
} from "@fluentui/react-components";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useChange, useGet, useWorkspace } from "@/api/workspace";
import { type FileEntry, useFolder } from "@/pages/job/files";
import { useJob } from "@/pages/job/job";
import { Refused } from "@/parts/problem";
import { useTell } from "@/shell/told";

const KINDS = ["mlflow_model", "custom_model", "triton_model"];
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/;

export default function Register({ close }: { close: () => void }) {
  const { name, job } = useJob();
  const { t } = useTranslation();
  const { api, to } = useWorkspace();
  const tell = useTell();
  const root = useFolder(name, "");
  const kept = useFolder(
    name,
    "outputs",
    (root.data?.value ?? []).some(({ path }) => path === "outputs"),
  );
  const models = useGet<{ value: { name: string; properties?: { nextVersion?: string } }[] }>("/models");
  const [model, setModel] = useState("");
  const [place, setPlace] = useState("");
  const [kind, setKind] = useState("mlflow_model");
  const places = [
    ...Object.keys(job.properties.outputs ?? {}).map((output) => `outputs/${output}`),
    ...[...(root.data?.value ?? []), ...(kept.data?.value ?? [])].filter(isModelLike).map(artifact),
  ];
  const version = models.data?.value.find((each) => each.name === model)?.properties?.nextVersion ?? "1";
  const make = useChange(
    () =>
      api.PUT("/models/{name}/versions/{version}", {
        params: { path: { name: model, version } },
        body: { properties: { modelType: kind, modelUri: `azureml://jobs/${name}/${place}`, jobName: name } },
      } as never),
    "/models",
  );
  const submit = async () => {
    await make.mutateAsync(undefined);
    tell({ title: t("{{name}} is registered", { name: model }), to: to("models", model, version), link: t("Open") });
    close();
  };
  const isWrong = model !== "" && !NAME.test(model);
  return (
    <Dialog open onOpenChange={(_, { open }) => open || close()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{t("Register model")}</DialogTitle>
          <DialogContent style={{ display: "grid", gap: 12 }}>
            <Field
              label={t("Name")}
              required
              validationMessage={isWrong ? t("Letters, digits, '-', '_' and '.', at most 255.") : undefined}
              hint={model && !isWrong ? t("It becomes version {{version}}.", { version }) : undefined}
            >
              <Combobox
                freeform
                value={model}
                onInput={(event) => setModel(event.currentTarget.value.trim())}
                onOptionSelect={(_, { optionText }) => setModel(optionText ?? "")}
              >
                {(models.data?.value ?? []).map((each) => (
                  <Option key={each.name}>{each.name}</Option>
                ))}
              </Combobox>
            </Field>
            <Field label={t("What the job left")} required hint={t("A folder or file of this job.")}>
              <Combobox
                freeform
                value={place}
                onInput={(event) => setPlace(event.currentTarget.value)}
                onOptionSelect={(_, { optionText }) => setPlace(optionText ?? "")}
              >
                {places.map((each) => (
                  <Option key={each}>{each}</Option>
                ))}
              </Combobox>
            </Field>
            <Field label={t("Type")}>
              <Dropdown
                value={kind}
                selectedOptions={[kind]}
                onOptionSelect={(_, { optionValue }) => setKind(optionValue ?? kind)}
              >
                {KINDS.map((each) => (
                  <Option key={each}>{each}</Option>
                ))}
              </Dropdown>
            </Field>
            <Field label={t("From job")}>
              <Input readOnly value={name} />
            </Field>
            <Refused of={make.error} />
          </DialogContent>
          <DialogActions>
            <Button onClick={close}>{t("Cancel")}</Button>
            <Button
              appearance="primary"
              disabled={!model || isWrong || !place || make.isPending}
              onClick={() => void submit().catch(() => {})}
            >
              {t("Register")}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

const isModelLike = ({ path, isFolder }: FileEntry) =>
  isFolder
    ? !/^(user_logs|system_logs|logs|images|named-outputs|outputs)$/.test(path)
    : /\.(onnx|pkl|joblib|pt|pth|h5|skops|safetensors|json|txt|cbm|ubj)$/.test(path);

const artifact = ({ path }: FileEntry) => `outputs/artifacts/paths/${path}`;
