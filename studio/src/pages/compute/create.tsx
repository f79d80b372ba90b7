import {
  Button,
  Drawer,
  DrawerBody,
  DrawerFooter,
  DrawerHeader,
  DrawerHeaderTitle,
  Dropdown,
  Field,
  Input,
  makeStyles,
  Option,
  Radio,
  RadioGroup,
} from "@fluentui/react-components";
import { Dismiss20Regular } from "@fluentui/react-icons";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useChange, useWorkspace } from "@/api/workspace";
import { Refused } from "@/parts/problem";
import { useTell } from "@/shell/told";
import { useSizes } from "./computes";
import { type Scale, ScaleFields, scaleSettings } from "./scale";

const useStyles = makeStyles({
  form: { display: "grid", gap: "16px" },
});

/** Make a cluster or an instance. */
export default function NewCompute({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const navigate = useNavigate();
  const tell = useTell();
  const { to, workspace } = useWorkspace();
  const sizes = useSizes();
  const [kind, setKind] = useState<"AmlCompute" | "ComputeInstance">("AmlCompute");
  const [name, setName] = useState("");
  const [size, setSize] = useState("Standard_DS3_v2");
  const [tier, setTier] = useState("Dedicated");
  const [scale, setScale] = useState<Scale>([0, 4, 120]);
  const isCluster = kind === "AmlCompute";
  const make = useChange(async (_: void, { api }) => {
    const properties = { vmSize: size, ...(isCluster && { vmPriority: tier, scaleSettings: scaleSettings(scale) }) };
    const body = { location: "local", properties: { computeType: kind, properties } };
    await api.PUT("/computes/{name}", { params: { path: { name } }, body: body as never });
  }, "/computes");
  const submit = async () => {
    await make.mutateAsync();
    tell({ title: t("{{name}} is there", { name }) });
    close();
    navigate(to("compute", name));
  };
  return (
    <Drawer open position="end" size="medium" onOpenChange={(_, { open }) => open || close()}>
      <DrawerHeader>
        <DrawerHeaderTitle
          action={<Button appearance="subtle" icon={<Dismiss20Regular />} aria-label={t("Close")} onClick={close} />}
        >
          {t("New compute")}
        </DrawerHeaderTitle>
      </DrawerHeader>
      <DrawerBody>
        <form
          id="compute"
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            submit().catch(() => {}); // the problem stands in the form
          }}
        >
          <Refused of={make.error} />
          <Field label={t("Type")}>
            <RadioGroup value={kind} onChange={(_, { value }) => setKind(value as typeof kind)}>
              <Radio value="AmlCompute" label={t("Compute cluster")} />
              <Radio value="ComputeInstance" label={t("Compute instance")} />
            </RadioGroup>
          </Field>
          <Field label={t("Name")} required hint={t("Letters, digits and “-”.")}>
            <Input value={name} onChange={(_, { value }) => setName(value.trim())} placeholder="cpu-cluster" />
          </Field>
          <Field label={t("Size")} hint={t("What it claims of this machine; nodes share it.")}>
            <Dropdown
              value={size}
              selectedOptions={[size]}
              onOptionSelect={(_, { optionValue }) => setSize(optionValue ?? size)}
            >
              {(sizes.data ?? []).map((each) => (
                <Option key={each.name} value={each.name} text={each.name}>
                  {t("{{name}}: {{cores}} cores, {{memory}} GB, {{gpus}} GPUs", {
                    name: each.name,
                    cores: each.vCPUs,
                    memory: each.memoryGB,
                    gpus: each.gpus,
                  })}
                </Option>
              ))}
            </Dropdown>
          </Field>
          {isCluster && (
            <>
              <ScaleFields value={scale} change={setScale} />
              <Field label={t("Tier")}>
                <RadioGroup value={tier} onChange={(_, { value }) => setTier(value)} layout="horizontal">
                  <Radio value="Dedicated" label={t("Dedicated")} />
                  <Radio value="LowPriority" label={t("Low priority")} />
                </RadioGroup>
              </Field>
            </>
          )}
        </form>
      </DrawerBody>
      <DrawerFooter>
        <Button appearance="primary" type="submit" form="compute" disabled={!name || make.isPending}>
          {t("Create")}
        </Button>
        <Button onClick={close}>{t("Cancel")}</Button>
        <span style={{ marginLeft: "auto" }}>{workspace}</span>
      </DrawerFooter>
    </Drawer>
  );
}
