/** Makes a data asset of files of this machine, of a path in a datastore, of an address, or of a sample. */
import {
  Button,
  DrawerBody,
  DrawerFooter,
  DrawerHeader,
  DrawerHeaderTitle,
  Dropdown,
  Field,
  Input,
  makeStyles,
  Option,
  OverlayDrawer,
  ProgressBar,
  Radio,
  RadioGroup,
  Text,
  Textarea,
} from "@fluentui/react-components";
import { Dismiss24Regular } from "@fluentui/react-icons";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useChange, useGet, useWorkspace } from "@/api/workspace";
import { isName, nameFrom, storedIn, uriOf } from "@/pages/assets/paths";
import { PickFiles } from "@/pages/assets/pick";
import { made } from "@/pages/assets/reads";
import type { Chosen, Picked } from "@/pages/author/upload";
import { sendData } from "@/pages/data/send";
import { Refused } from "@/parts/problem";
import { useTell } from "@/shell/told";

const useStyles = makeStyles({
  form: { display: "grid", gap: "16px", paddingBottom: "16px" },
  foot: { display: "flex", gap: "8px" },
});

const TYPES = ["uri_file", "uri_folder", "mltable"];
type Source = "files" | "datastore" | "uri";

interface Props {
  close: () => void;
  /** An address to begin with. */
  from?: string;
  type?: string;
}

export function AddData({ close, from = "", type: first = "uri_file" }: Props) {
  const styles = useStyles();
  const { t } = useTranslation();
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const tell = useTell();
  const begun = storedIn(from);
  const stores = useGet<{ value: { name: string }[] }>("/datastores");
  const [name, setName] = useState(from ? nameFrom(from.split("/").at(-1) ?? "") : "");
  const [description, setDescription] = useState("");
  const [type, setType] = useState(first);
  const [source, setSource] = useState<Source>(begun ? "datastore" : "files");
  const [store, setStore] = useState(begun?.store ?? "workspaceblobstore");
  const [path, setPath] = useState(begun?.path ?? "");
  const [uri, setUri] = useState("");
  const [picked, setPicked] = useState<Picked[]>([]);
  const [state, setState] = useState<{ sent: number; total: number } | null>(null);
  const take = ({ name: file, picked, isFolder }: Chosen) => {
    setPicked(picked);
    const isTable = picked.some(({ path }) => path === "MLTable");
    setType(isTable ? "mltable" : picked.length === 1 && !isFolder ? "uri_file" : "uri_folder");
    if (!name) setName(nameFrom(file));
  };
  const isReady =
    isName(name) && { files: picked.length > 0, datastore: path.trim() !== "", uri: uri.trim() !== "" }[source];
  const create = useChange(async () => {
    const place =
      source === "files"
        ? await sendData(workspace, name, picked, type === "uri_file", (sent, total) => setState({ sent, total }))
        : source === "datastore"
          ? uriOf({ store, path: path.replace(/^\/+/, "") })
          : uri.trim();
    return made(workspace, "data", name, { dataType: type, dataUri: place, ...(description ? { description } : {}) });
  }, "/data");
  const submit = async () => {
    const version = await create.mutateAsync(undefined);
    tell({ title: t("{{name}} is there", { name: `${name}:${version}` }) });
    close();
    navigate(workspace.to("data", name, version));
  };
  return (
    <OverlayDrawer open position="end" size="medium" onOpenChange={(_, { open }) => open || close()}>
      <DrawerHeader>
        <DrawerHeaderTitle
          action={<Button appearance="subtle" icon={<Dismiss24Regular />} aria-label={t("Close")} onClick={close} />}
        >
          {t("Add data")}
        </DrawerHeaderTitle>
      </DrawerHeader>
      <DrawerBody>
        <div className={styles.form}>
          <Field label={t("Where it is")}>
            <RadioGroup value={source} onChange={(_, { value }) => setSource(value as Source)}>
              <Radio value="files" label={t("On this machine")} />
              <Radio value="datastore" label={t("In a datastore")} />
              <Radio value="uri" label={t("At an address")} />
            </RadioGroup>
          </Field>
          {source === "files" && (
            <Field label={t("Files")} required hint={t("They are copied into the workspace.")}>
              <PickFiles take={take} picked={picked} disabled={create.isPending} />
            </Field>
          )}
          {source === "datastore" && (
            <>
              <Field label={t("Datastore")} required>
                <Dropdown
                  value={store}
                  selectedOptions={[store]}
                  onOptionSelect={(_, { optionValue }) => setStore(optionValue ?? store)}
                >
                  {(stores.data?.value ?? []).map((each) => (
                    <Option key={each.name}>{each.name}</Option>
                  ))}
                </Dropdown>
              </Field>
              <Field label={t("Path")} required hint={t("A file or folder, such as flowers/may.csv.")}>
                <Input value={path} onChange={(_, { value }) => setPath(value)} />
              </Field>
            </>
          )}
          {source === "uri" && (
            <Field label={t("Address")} required hint={t("https://, azureml://, wasbs://, abfss:// or s3://.")}>
              <Input value={uri} onChange={(_, { value }) => setUri(value)} />
            </Field>
          )}
          <Field label={t("Type")}>
            <Dropdown
              value={type}
              selectedOptions={[type]}
              onOptionSelect={(_, { optionValue }) => setType(optionValue ?? type)}
            >
              {TYPES.map((each) => (
                <Option key={each}>{each}</Option>
              ))}
            </Dropdown>
          </Field>
          <Field
            label={t("Name")}
            required
            validationMessage={name && !isName(name) ? t("Letters, digits, '-', '_' and '.', at most 255.") : undefined}
            hint={t("A name that is there already gets a new version.")}
          >
            <Input value={name} onChange={(_, { value }) => setName(value.trim())} />
          </Field>
          <Field label={t("Description")}>
            <Textarea value={description} onChange={(_, { value }) => setDescription(value)} />
          </Field>
          {create.isPending && state && (
            <div>
              <ProgressBar value={state.sent} max={state.total} />
              <Text size={200}>{t("{{sent}} of {{total}} files sent", state)}</Text>
            </div>
          )}
          <Refused of={create.error} />
        </div>
      </DrawerBody>
      <DrawerFooter>
        <div className={styles.foot}>
          <Button
            appearance="primary"
            disabled={!isReady || create.isPending}
            onClick={() => void submit().catch(() => {})}
          >
            {t("Add")}
          </Button>
          <Button onClick={close}>{t("Cancel")}</Button>
        </div>
      </DrawerFooter>
    </OverlayDrawer>
  );
}
