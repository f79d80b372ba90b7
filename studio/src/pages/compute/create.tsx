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
  SpinButton,
} from "@fluentui/react-components";
import { Dismiss20Regular } from "@fluentui/react-icons";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { asProblem } from "@/api/problem";
import { useChange, useWorkspace } from "@/api/workspace";
import { ProblemView } from "@/parts/problem";
import { useTell } from "@/shell/told";
import { useSizes } from "./computes";

const useStyles = makeStyles({
  form: { display: "grid", gap: "16px" },
  pair: { display: "grid", gridTemplateColumns: "1fr 1fr", gap: "12px" },
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
  const [[min, max, idle], setScale] = useState([0, 4, 120]);
  const isCluster = kind === "AmlCompute";
  const make = useChange(async (_: void, { api }) => {
    const scaleSettings = { minNodeCount: min, maxNodeCount: max, nodeIdleTimeBeforeScaleDown: `PT${idle}S` };
    const properties = { vmSize: size, ...(isCluster && { vmPriority: tier, scaleSettings }) };
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
          {make.isError && <ProblemView problem={asProblem(make.error)} />}
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
              <div className={styles.pair}>
                <Field label={t("Least nodes")}>
                  <SpinButton
                    min={0}
                    max={max}
                    value={min}
                    onChange={(_, said) => setScale([numberIn(said, 0), max, idle])}
                  />
                </Field>
                <Field label={t("Most nodes")}>
                  <SpinButton
                    min={1}
                    max={1000}
                    value={max}
                    onChange={(_, said) => setScale([min, numberIn(said, 1), idle])}
                  />
                </Field>
              </div>
              <Field label={t("Seconds a node may be idle")}>
                <SpinButton
                  min={0}
                  step={30}
                  value={idle}
                  onChange={(_, said) => setScale([min, max, numberIn(said, 0)])}
                />
              </Field>
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

/** What a number field says: its value, or what was typed. */
export function numberIn(said: { value?: number | null; displayValue?: string }, least: number): number {
  return Math.max(least, Math.round(said.value ?? (Number(said.displayValue) || least)));
}
