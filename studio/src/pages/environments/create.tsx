/** Makes an environment of an image and a conda file, or of a Dockerfile; begun anew or with those of another. */
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
  MessageBar,
  MessageBarBody,
  ProgressBar,
  Radio,
  RadioGroup,
} from "@fluentui/react-components";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { asProblem } from "@/api/problem";
import { useChange, useWorkspace } from "@/api/workspace";
import { isName } from "@/pages/assets/paths";
import { addressOf, made, useRead, type Version } from "@/pages/assets/reads";
import { type Build, type Context, contextOf, sentContext } from "@/pages/environments/context";
import { Dockerfile } from "@/pages/environments/dockerfile";
import { isCurated } from "@/pages/environments/spec";
import { Editor } from "@/parts/editor";
import { useTell } from "@/shell/told";

const BEGIN = "name: mine\ndependencies:\n- python=3.11\n- pip\n- pip:\n  - scikit-learn\n";

export default function Create({ close, from }: { close: () => void; from: string }) {
  const { t } = useTranslation();
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const tell = useTell();
  const [model = "", version = ""] = from.split(":");
  const origin = useRead<Version>(addressOf("environments", model, version), { enabled: from !== "" });
  const [name, setName] = useState(isCurated(model) ? "" : model);
  const [image, setImage] = useState("python:3.11");
  const [conda, setConda] = useState(BEGIN);
  const [kind, setKind] = useState<"conda" | "dockerfile">("conda");
  const [context, setContext] = useState<Context>(() => contextOf(null));
  const [state, setState] = useState<{ sent: number; total: number } | null>(null);
  const properties = origin.data?.properties;
  useEffect(() => {
    if (properties?.image) setImage(String(properties.image));
    if (typeof properties?.condaFile === "string") setConda(properties.condaFile);
    if (properties?.build) {
      setKind("dockerfile");
      setContext(contextOf(properties.build as Build));
    }
  }, [properties]);
  const create = useChange(async () => {
    const facts =
      kind === "conda"
        ? { image, ...(conda.trim() ? { condaFile: conda } : {}) }
        : { build: await sentContext(workspace, name, context, (sent, total) => setState({ sent, total })) };
    return made(workspace, "environments", name, facts);
  }, "/environments");
  const submit = async () => {
    const version = await create.mutateAsync(undefined);
    tell({ title: t("{{name}} is there", { name: `${name}:${version}` }) });
    close();
    navigate(workspace.to("environments", name, version, ...(kind === "conda" ? [] : ["log"])));
  };
  const isSaid = kind === "conda" ? image !== "" : context.place !== "" || context.text.trim() !== "";
  const isWrong = name !== "" && (!isName(name) || isCurated(name));
  const problem = create.isError ? asProblem(create.error) : null;
  return (
    <Dialog open onOpenChange={(_, { open }) => open || close()}>
      <DialogSurface style={{ maxWidth: 760 }}>
        <DialogBody>
          <DialogTitle>{t("New environment")}</DialogTitle>
          <DialogContent style={{ display: "grid", gap: 12 }}>
            <Field
              label={t("Name")}
              required
              validationMessage={isWrong ? t("Letters, digits, '-', '_' and '.', at most 255.") : undefined}
              hint={t("A name that is there already gets a new version.")}
            >
              <Input value={name} onChange={(_, { value }) => setName(value.trim())} />
            </Field>
            <RadioGroup
              aria-label={t("What it is made of")}
              value={kind}
              layout="horizontal"
              onChange={(_, { value }) => setKind(value as typeof kind)}
            >
              <Radio value="conda" label={t("An image and a conda file")} />
              <Radio value="dockerfile" label={t("A Dockerfile")} />
            </RadioGroup>
            {kind === "conda" ? (
              <>
                <Field label={t("Image")} required>
                  <Input value={image} onChange={(_, { value }) => setImage(value.trim())} />
                </Field>
                <Field label={t("Conda file")}>
                  <Editor label={t("Conda file")} language="yaml" height={260} value={conda} onChange={setConda} />
                </Field>
              </>
            ) : (
              <Dockerfile context={context} change={setContext} />
            )}
            {create.isPending && state && <ProgressBar value={state.sent} max={state.total} />}
            {problem && (
              <MessageBar intent="error" layout="multiline">
                <MessageBarBody>
                  {problem.message} {problem.mend}
                </MessageBarBody>
              </MessageBar>
            )}
          </DialogContent>
          <DialogActions>
            <Button onClick={close}>{t("Cancel")}</Button>
            <Button
              appearance="primary"
              disabled={!name || isWrong || !isSaid || create.isPending}
              onClick={() => void submit().catch(() => {})}
            >
              {t("Create")}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
