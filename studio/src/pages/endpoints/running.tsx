/** Fields that say how a deployment runs. */
import { Checkbox, Field, Input, makeStyles, Switch, tokens } from "@fluentui/react-components";
import { useTranslation } from "react-i18next";
import type { ProbeSaid, Running } from "./documents";

const useStyles = makeStyles({
  part: { margin: "0 0 20px" },
  title: { margin: "0 0 8px", fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold },
  row: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fill, minmax(150px, 1fr))",
    gap: "12px",
    alignItems: "start",
  },
  checks: { display: "flex", flexWrap: "wrap", gap: "4px 16px" },
});

interface Props {
  said: Running;
  set: (said: Running) => void;
}

export const STREAMS = ["model_inputs", "model_outputs", "request", "response"];

export function RunningFields({ said, set }: Props) {
  const styles = useStyles();
  const { t } = useTranslation();
  const change = (part: Partial<Running>) => set({ ...said, ...part });
  const keep = (name: string, isKept: boolean) =>
    change({ collects: isKept ? [...said.collects, name] : said.collects.filter((each) => each !== name) });
  return (
    <>
      <section className={styles.part}>
        <h3 className={styles.title}>{t("Instances")}</h3>
        <Switch
          label={t("As many as the load needs")}
          checked={said.scales}
          onChange={(_, { checked }) => change({ scales: checked })}
        />
        <div className={styles.row}>
          {said.scales ? (
            <>
              <Whole label={t("At least")} value={said.least} least={1} set={(least) => change({ least })} />
              <Whole label={t("At most")} value={said.most} least={said.least} set={(most) => change({ most })} />
              <Whole
                label={t("Load of each in percent")}
                value={said.percent}
                least={1}
                most={100}
                set={(percent) => change({ percent })}
              />
            </>
          ) : (
            <Whole label={t("Instances")} value={said.instances} least={1} set={(instances) => change({ instances })} />
          )}
        </div>
      </section>
      <section className={styles.part}>
        <h3 className={styles.title}>{t("Requests")}</h3>
        <div className={styles.row}>
          <Whole
            label={t("Time limit in ms")}
            value={said.timeoutMs}
            least={1}
            most={180_000}
            set={(timeoutMs) => change({ timeoutMs })}
          />
          <Whole
            label={t("At once in an instance")}
            value={said.atOnce}
            least={1}
            set={(atOnce) => change({ atOnce })}
          />
          <Whole label={t("Wait in ms at most")} value={said.waitMs} least={0} set={(waitMs) => change({ waitMs })} />
        </div>
      </section>
      <ProbeFields title={t("Liveness probe")} said={said.liveness} set={(liveness) => change({ liveness })} />
      <ProbeFields title={t("Readiness probe")} said={said.readiness} set={(readiness) => change({ readiness })} />
      <section className={styles.part}>
        <h3 className={styles.title}>{t("Keep what is asked and answered")}</h3>
        <div className={styles.checks}>
          {[...new Set([...STREAMS, ...said.collects])].map((name) => (
            <Checkbox
              key={name}
              label={name}
              checked={said.collects.includes(name)}
              onChange={(_, { checked }) => keep(name, !!checked)}
            />
          ))}
        </div>
        {said.collects.length > 0 && (
          <div className={styles.row}>
            <Whole
              label={t("Of all requests, in percent")}
              value={Math.round(said.sampling * 100)}
              least={1}
              most={100}
              set={(percent) => change({ sampling: percent / 100 })}
            />
          </div>
        )}
      </section>
    </>
  );
}

function ProbeFields({ title, said, set }: { title: string; said: ProbeSaid; set: (said: ProbeSaid) => void }) {
  const styles = useStyles();
  const { t } = useTranslation();
  return (
    <section className={styles.part}>
      <h3 className={styles.title}>{title}</h3>
      <div className={styles.row}>
        <Whole label={t("First after seconds")} value={said.delay} least={0} set={(delay) => set({ ...said, delay })} />
        <Whole label={t("Every seconds")} value={said.period} least={1} set={(period) => set({ ...said, period })} />
        <Whole
          label={t("Answer within seconds")}
          value={said.timeout}
          least={1}
          set={(timeout) => set({ ...said, timeout })}
        />
        <Whole
          label={t("Failures in a row")}
          value={said.failures}
          least={1}
          set={(failures) => set({ ...said, failures })}
        />
      </div>
    </section>
  );
}

interface WholeProps {
  label: string;
  value: number;
  least: number;
  most?: number;
  set: (value: number) => void;
}

function Whole({ label, value, least, most = 1_000_000, set }: WholeProps) {
  return (
    <Field label={label} size="small">
      <Input
        type="number"
        min={least}
        max={most}
        value={String(value)}
        onChange={(_, data) => {
          const said = Number(data.value);
          if (data.value !== "" && Number.isInteger(said)) set(Math.max(least, Math.min(most, said)));
        }}
      />
    </Field>
  );
}
