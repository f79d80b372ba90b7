/** What an endpoint is: its address, its traffic, and its deployments as cards. */
import { Badge, Button, makeStyles, Tooltip, tokens } from "@fluentui/react-components";
import { Cube28Regular, Delete20Regular, Edit20Regular } from "@fluentui/react-icons";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useChange, useWorkspace } from "@/api/workspace";
import { Confirm } from "@/parts/confirm";
import { Empty } from "@/parts/problem";
import { Ago, Card, Facts, PageLink, Status } from "@/parts/said";
import { useTell, useTellProblem } from "@/shell/told";
import type { ShownProps } from "./online";
import { type Deployment, isMoving, type OnlineEndpoint } from "./reads";
import { Address, AssetLink, colourOf, useAuthWord } from "./small";
import { Traffic } from "./traffic";
import { Update } from "./update";

const useStyles = makeStyles({
  page: { display: "grid", gap: "16px" },
  top: {
    display: "grid",
    gap: "16px",
    gridTemplateColumns: "minmax(0, 1fr) minmax(0, 1fr)",
    alignItems: "start",
    "@media (max-width: 1100px)": { gridTemplateColumns: "minmax(0, 1fr)" },
  },
  cards: { display: "grid", gap: "16px", gridTemplateColumns: "repeat(auto-fill, minmax(340px, 1fr))" },
  heading: { margin: "8px 0 0", fontSize: tokens.fontSizeBase400, fontWeight: tokens.fontWeightSemibold },
  dot: { width: "10px", height: "10px", borderRadius: "50%", flexShrink: 0 },
  reason: {
    margin: "12px 0 0",
    padding: "8px 10px",
    whiteSpace: "pre-wrap",
    overflowWrap: "anywhere",
    maxHeight: "180px",
    overflow: "auto",
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    backgroundColor: tokens.colorNeutralBackground3,
    borderRadius: tokens.borderRadiusMedium,
  },
  tags: { display: "flex", gap: "4px", flexWrap: "wrap" },
});

export function Details({ endpoint, deployments }: ShownProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const names = deployments.map(({ name }) => name);
  return (
    <div className={styles.page}>
      <div className={styles.top}>
        <EndpointFacts endpoint={endpoint} />
        {names.length > 0 && <Traffic endpoint={endpoint} deployments={names} />}
      </div>
      <h2 className={styles.heading}>{t("Deployments")}</h2>
      {names.length === 0 && (
        <Empty
          icon={<Cube28Regular />}
          title={t("Nothing answers here yet")}
          hint={t("A deployment is a model with its script and environment. The first one can take all the traffic.")}
        >
          <Button
            appearance="primary"
            onClick={() => navigate(`${to("endpoints", "new")}?endpoint=${encodeURIComponent(endpoint.name)}`)}
          >
            {t("Add deployment")}
          </Button>
        </Empty>
      )}
      <div className={styles.cards}>
        {deployments.map((each) => (
          <DeploymentCard
            key={each.name}
            endpoint={endpoint}
            deployment={each}
            colour={colourOf(names, each.name) ?? ""}
            isLast={names.length === 1}
          />
        ))}
      </div>
    </div>
  );
}

function EndpointFacts({ endpoint }: { endpoint: OnlineEndpoint }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const auth = useAuthWord();
  const said = endpoint.properties;
  const tags = Object.entries(endpoint.tags ?? {});
  return (
    <Card title={t("Endpoint")}>
      <Facts
        of={[
          [t("State"), <Status key="state" of={said.provisioningState} />],
          [t("Description"), said.description],
          [t("Scoring address"), <Address key="uri" of={said.scoringUri} />],
          [t("API description"), <Address key="swagger" of={said.swaggerUri} />],
          [t("Opened by"), auth(said.authMode)],
          [t("Created by"), endpoint.systemData?.createdBy],
          [t("Created"), <Ago key="created" at={endpoint.systemData?.createdAt} />],
          [t("Changed"), <Ago key="changed" at={endpoint.systemData?.lastModifiedAt} />],
          [
            t("Tags"),
            tags.length > 0 && (
              <span className={styles.tags}>
                {tags.map(([name, value]) => (
                  <Badge key={name} appearance="outline">
                    {value ? `${name}: ${value}` : name}
                  </Badge>
                ))}
              </span>
            ),
          ],
        ].map(([term, value]) => [term as string, value === false ? "" : value])}
      />
    </Card>
  );
}

interface CardProps {
  endpoint: OnlineEndpoint;
  deployment: Deployment;
  colour: string;
  isLast: boolean;
}

function DeploymentCard({ endpoint, deployment, colour, isLast }: CardProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const [isLeaving, setLeaving] = useState(false);
  const [isChanging, setChanging] = useState(false);
  const said = deployment.properties;
  const share = endpoint.properties.traffic?.[deployment.name] ?? 0;
  const mirrored = endpoint.properties.mirrorTraffic?.[deployment.name] ?? 0;
  const asked = deployment.sku?.capacity ?? said.instanceCount ?? 1;
  const scaling = said.scaleSettings?.scaleType === "TargetUtilization" ? said.scaleSettings : null;
  const title = (
    <>
      <span className={styles.dot} style={{ backgroundColor: colour }} aria-hidden />
      {deployment.name}
      <Status of={said.provisioningState} />
    </>
  );
  const actions = (
    <>
      <Tooltip content={t("Update {{name}}", { name: deployment.name })} relationship="label">
        <Button
          appearance="subtle"
          size="small"
          icon={<Edit20Regular />}
          disabled={isMoving(said.provisioningState)}
          onClick={() => setChanging(true)}
        />
      </Tooltip>
      <Tooltip content={t("Delete {{name}}", { name: deployment.name })} relationship="label">
        <Button appearance="subtle" size="small" icon={<Delete20Regular />} onClick={() => setLeaving(true)} />
      </Tooltip>
    </>
  );
  return (
    <Card title={title} actions={actions}>
      <Facts
        of={[
          [t("Traffic"), mirrored ? t("{{share}} %, and copies of {{mirrored}} %", { share, mirrored }) : `${share} %`],
          [t("Model"), said.model ? <AssetLink key="model" of={said.model} page="models" /> : ""],
          [
            t("Environment"),
            said.environmentId ? <AssetLink key="environment" of={said.environmentId} page="environments" /> : "",
          ],
          [t("Script"), said.codeConfiguration?.scoringScript ?? said.command],
          [t("Instances"), t("{{ready}} of {{asked}} ready", { ready: said.readyInstances ?? 0, asked })],
          [
            t("Scaling"),
            scaling &&
              t("{{least}} to {{most}} at {{percent}} % load", {
                least: scaling.minInstances ?? 1,
                most: scaling.maxInstances ?? 1,
                percent: scaling.targetUtilizationPercentage ?? 70,
              }),
          ],
          [t("Why so many"), said.scaleReason],
          [t("Changed"), <Ago key="at" at={deployment.systemData?.lastModifiedAt} />],
        ]}
      />
      {said.statusReason && said.provisioningState !== "Succeeded" && (
        <pre className={styles.reason}>{said.statusReason}</pre>
      )}
      <div style={{ marginTop: 12, display: "flex", gap: 16 }}>
        <PageLink to={`${to("endpoints", "online", endpoint.name, "logs")}?deployment=${deployment.name}`}>
          {t("Logs")}
        </PageLink>
        <PageLink to={`${to("endpoints", "online", endpoint.name, "test")}?deployment=${deployment.name}`}>
          {t("Test")}
        </PageLink>
      </div>
      {isChanging && <Update endpoint={endpoint.name} deployment={deployment} close={() => setChanging(false)} />}
      <DeleteDeployment
        endpoint={endpoint.name}
        name={deployment.name}
        share={isLast ? 0 : share}
        isOpen={isLeaving}
        close={() => setLeaving(false)}
      />
    </Card>
  );
}

interface DeleteProps {
  endpoint: string;
  name: string;
  /** What it still takes of the traffic that others could take. */
  share: number;
  isOpen: boolean;
  close: () => void;
}

function DeleteDeployment({ endpoint, name, share, isOpen, close }: DeleteProps) {
  const { t } = useTranslation();
  const tell = useTell();
  const tellProblem = useTellProblem();
  const change = useChange<void>(
    (_, { api }) =>
      api.DELETE("/onlineEndpoints/{name}/deployments/{version}", {
        params: { path: { name: endpoint, version: name } },
      }),
    "/onlineEndpoints",
  );
  const act = async () => {
    try {
      await change.mutateAsync();
      tell({ title: t("The deployment {{name}} is deleted.", { name }) });
    } catch (error) {
      tellProblem(error);
    }
  };
  return (
    <Confirm
      title={t("Delete {{name}}?", { name })}
      verb={t("Delete")}
      typed={name}
      isOpen={isOpen}
      close={close}
      act={act}
    >
      {share > 0
        ? t("It takes {{share}} percent of the traffic. Give that to others first.", { share })
        : t("Its processes end once the last request is answered. The model stays.")}
    </Confirm>
  );
}
