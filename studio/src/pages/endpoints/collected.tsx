/** What is kept of requests and answers: the collections of each deployment, and the data assets over them. */
import { makeStyles, Text, tokens } from "@fluentui/react-components";
import { DatabaseArrowDown20Regular } from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import { useWorkspace } from "@/api/workspace";
import { Empty } from "@/parts/problem";
import { Card, Code, PageLink, Status } from "@/parts/said";
import type { ShownProps } from "./online";
import { type Deployment, named } from "./reads";

const useStyles = makeStyles({
  page: { display: "grid", gap: "16px", maxWidth: "1000px" },
  table: { borderCollapse: "collapse", width: "100%" },
  cell: { textAlign: "left", padding: "6px 8px", borderBottom: `1px solid ${tokens.colorNeutralStroke3}` },
});

const EXAMPLE = `data_collector:
  collections:
    model_inputs: {enabled: 'True'}
    model_outputs: {enabled: 'True'}
  sampling_rate: 0.5`;

export default function Collected({ endpoint, deployments }: ShownProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const keeping = deployments.filter(
    ({ properties }) => Object.keys(properties.dataCollector?.collections ?? {}).length,
  );
  return (
    <div className={styles.page}>
      {keeping.length === 0 && (
        <Empty
          icon={<DatabaseArrowDown20Regular />}
          title={t("Nothing is kept")}
          hint={t("Update a deployment and choose what is kept of requests and answers, or say it in its file:")}
        >
          <div style={{ textAlign: "left", minWidth: 420 }}>
            <Code text={EXAMPLE} />
          </div>
        </Empty>
      )}
      {keeping.map((each) => (
        <Kept key={each.name} endpoint={endpoint.name} deployment={each} />
      ))}
    </div>
  );
}

function Kept({ endpoint, deployment }: { endpoint: string; deployment: Deployment }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const collector = deployment.properties.dataCollector;
  const percent = (rate: number | undefined) => `${Math.round((rate ?? collector?.samplingRate ?? 1) * 100)} %`;
  return (
    <Card title={deployment.name}>
      <table className={styles.table}>
        <thead>
          <tr>
            {[t("Collection"), t("State"), t("Of all requests"), t("Data asset")].map((title) => (
              <th key={title} className={styles.cell}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Object.entries(collector?.collections ?? {}).map(([name, said]) => {
            const asset = named(said.dataId) ?? { name: `${endpoint}-${deployment.name}-${name}`, version: "1" };
            return (
              <tr key={name}>
                <td className={styles.cell}>{name}</td>
                <td className={styles.cell}>
                  <Status of={said.dataCollectionMode === "Disabled" ? "Disabled" : "Ready"} />
                </td>
                <td className={styles.cell}>{percent(said.samplingRate)}</td>
                <td className={styles.cell}>
                  <PageLink to={to("data", asset.name, asset.version)}>{`${asset.name}:${asset.version}`}</PageLink>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <Text size={200}>{t("Each collection is a folder of JSON lines, about a second behind.")}</Text>
    </Card>
  );
}
