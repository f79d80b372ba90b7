/** Registers a model: files of this machine, or what a job left. */
import {
  Button,
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
  ProgressBar,
  Radio,
  RadioGroup,
} from "@fluentui/react-components";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useChange, useWorkspace } from "@/api/workspace";
import { isName, nameFrom } from "@/pages/assets/paths";
import { PickFiles } from "@/pages/assets/pick";
import { made } from "@/pages/assets/reads";
import type { Chosen, Picked } from "@/pages/author/upload";
import { sendData } from "@/pages/data/send";
import { Refused } from "@/parts/problem";
import { useTell } from "@/shell/told";

const KINDS = ["mlflow_model", "custom_model", "triton_model"];

export default function Register({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const tell = useTell();
  const [source, setSource] = useState("files");
  const [name, setName] = useState("");
  const [kind, setKind] = useState("custom_model");
  const [job, setJob] = useState("");
  const [path, setPath] = useState("outputs/model");
  const [picked, setPicked] = useState<Picked[]>([]);
  const [state, setState] = useState<{ sent: number; total: number } | null>(null);
  const [isFolder, setFolder] = useState(false);
  const take = ({ name: file, picked, isFolder }: Chosen) => {
    setPicked(picked);
    setFolder(isFolder);
    if (picked.some(({ path }) => path === "MLmodel")) setKind("mlflow_model");
    if (!name) setName(nameFrom(file));
  };
  const create = useChange(async () => {
    const isFile = picked.length === 1 && !isFolder && kind === "custom_model";
    const place =
      source === "files"
        ? await sendData(workspace, name, picked, isFile, (sent, total) => setState({ sent, total }))
        : `azureml://jobs/${job}/${path.replace(/^\/+/, "")}`;
    const from = source === "job" ? { jobName: job } : {};
    return made(workspace, "models", name, { modelType: kind, modelUri: place, ...from });
  }, "/models");
  const submit = async () => {
    const version = await create.mutateAsync(undefined);
    tell({ title: t("{{name}} is registered", { name }) });
    close();
    navigate(workspace.to("models", name, version));
  };
  const isReady = isName(name) && (source === "files" ? picked.length > 0 : job !== "" && path !== "");
  return (
    <Dialog open onOpenChange={(_, { open }) => open || close()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{t("Register model")}</DialogTitle>
          <DialogContent style={{ display: "grid", gap: 12 }}>
            <RadioGroup value={source} layout="horizontal" onChange={(_, { value }) => setSource(value)}>
              <Radio value="files" label={t("On this machine")} />
              <Radio value="job" label={t("What a job left")} />
            </RadioGroup>
            {source === "files" ? (
              <Field label={t("Files")} required>
                <PickFiles take={take} picked={picked} disabled={create.isPending} />
              </Field>
            ) : (
              <>
                <Field label={t("From job")} required>
                  <Input value={job} onChange={(_, { value }) => setJob(value.trim())} />
                </Field>
                <Field label={t("What the job left")} required hint={t("A folder or file of this job.")}>
                  <Input value={path} onChange={(_, { value }) => setPath(value.trim())} />
                </Field>
              </>
            )}
            <Field label={t("Name")} required hint={t("A name that is there already gets a new version.")}>
              <Input value={name} onChange={(_, { value }) => setName(value.trim())} />
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
            {create.isPending && state && <ProgressBar value={state.sent} max={state.total} />}
            <Refused of={create.error} />
          </DialogContent>
          <DialogActions>
            <Button onClick={close}>{t("Cancel")}</Button>
            <Button
              appearance="primary"
              disabled={!isReady || create.isPending}
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
