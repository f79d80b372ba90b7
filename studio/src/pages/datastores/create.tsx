/** Makes a datastore of storage that is there already. */
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
  Textarea,
} from "@fluentui/react-components";
import { Dismiss24Regular } from "@fluentui/react-icons";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useChange, useWorkspace } from "@/api/workspace";
import { sent } from "@/pages/assets/reads";
import { documentOf, FIELDS, KINDS, type KindOfStore, missingIn, WAYS } from "@/pages/datastores/form";
import { wordOf } from "@/pages/datastores/stores";
import { Refused } from "@/parts/problem";
import { useTell } from "@/shell/told";

const useStyles = makeStyles({
  form: { display: "grid", gap: "16px", paddingBottom: "16px" },
  foot: { display: "flex", gap: "8px" },
});

export default function NewStore({ close }: { close: () => void }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const tell = useTell();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [kind, setKind] = useState<KindOfStore>("AzureBlob");
  const [way, setWay] = useState("");
  const [said, setSaid] = useState<Record<string, string>>({});
  const ways = WAYS[kind];
  const isNamed = /^[A-Za-z0-9_]{1,255}$/.test(name);
  const create = useChange((_: void, { id }) => {
    const body = { properties: documentOf(kind, way, said, description) };
    return sent("PUT", `${id}/datastores/${encodeURIComponent(name)}`, body);
  }, "/datastores");
  const submit = async () => {
    await create.mutateAsync();
    tell({ title: t("{{name}} is there", { name }) });
    close();
    navigate(to("datastores", name));
  };
  const field = ({
    key,
    title,
    isSecret,
    isOptional,
  }: {
    key: string;
    title: string;
    isSecret?: boolean;
    isOptional?: boolean;
  }) => (
    <Field key={key} label={t(title)} required={!isOptional}>
      <Input
        type={isSecret ? "password" : "text"}
        autoComplete={isSecret ? "new-password" : "off"}
        value={said[key] ?? ""}
        onChange={(_, { value }) => setSaid({ ...said, [key]: value })}
      />
    </Field>
  );
  return (
    <OverlayDrawer open position="end" size="medium" onOpenChange={(_, { open }) => open || close()}>
      <DrawerHeader>
        <DrawerHeaderTitle
          action={<Button appearance="subtle" icon={<Dismiss24Regular />} aria-label={t("Close")} onClick={close} />}
        >
          {t("New datastore")}
        </DrawerHeaderTitle>
      </DrawerHeader>
      <DrawerBody>
        <div className={styles.form}>
          <Field
            label={t("Name")}
            required
            validationMessage={name && !isNamed ? t("Letters, digits and '_'.") : undefined}
          >
            <Input value={name} onChange={(_, { value }) => setName(value.trim())} />
          </Field>
          <Field label={t("Type")}>
            <Dropdown
              value={t(wordOf(kind))}
              selectedOptions={[kind]}
              onOptionSelect={(_, { optionValue }) => {
                setKind((optionValue ?? kind) as KindOfStore);
                setWay("");
              }}
            >
              {KINDS.map((each) => (
                <Option key={each} value={each} text={t(wordOf(each))}>
                  {t(wordOf(each))}
                </Option>
              ))}
            </Dropdown>
          </Field>
          {FIELDS[kind].map(field)}
          {Object.keys(ways).length > 0 && (
            <Field label={t("Access")} hint={t("Secrets are kept sealed and never shown again.")}>
              <Dropdown
                value={t(wordOf(way || "None"))}
                selectedOptions={[way]}
                onOptionSelect={(_, { optionValue }) => setWay(optionValue ?? "")}
              >
                {["", ...Object.keys(ways)].map((each) => (
                  <Option key={each} value={each} text={t(wordOf(each || "None"))}>
                    {t(wordOf(each || "None"))}
                  </Option>
                ))}
              </Dropdown>
            </Field>
          )}
          {(ways[way] ?? []).map(field)}
          <Field label={t("Description")}>
            <Textarea value={description} onChange={(_, { value }) => setDescription(value)} />
          </Field>
          <Refused of={create.error} />
        </div>
      </DrawerBody>
      <DrawerFooter>
        <div className={styles.foot}>
          <Button
            appearance="primary"
            disabled={!isNamed || missingIn(kind, way, said) || create.isPending}
            onClick={() => void submit().catch(() => {})}
          >
            {t("Create")}
          </Button>
          <Button onClick={close}>{t("Cancel")}</Button>
        </div>
      </DrawerFooter>
    </OverlayDrawer>
  );
}
