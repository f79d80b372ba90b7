/** The catalogue of sample data sets. */
import { Badge, Button, makeStyles, Spinner, Text, Tooltip, tokens } from "@fluentui/react-components";
import { Add20Regular } from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import { useChange, useWorkspace } from "@/api/workspace";
import { sent, useRead } from "@/pages/assets/reads";
import { Asked } from "@/parts/asked";
import { Card, number, PageLink } from "@/parts/said";
import { useTellProblem } from "@/shell/told";

interface Sample {
  name: string;
  properties: {
    title: string;
    description: string;
    licence: string;
    rows: number;
    columns: number;
    task: string;
    state: "Added" | "Adding" | "Failed" | "Offered" | "Unavailable";
    hindrance: string | null;
    assetName: string;
    jobName: string | null;
  };
}

const useStyles = makeStyles({
  cards: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fill, minmax(320px, 1fr))",
    gap: "16px",
    padding: "16px 24px",
    overflow: "auto",
    alignItems: "stretch",
  },
  quiet: { color: tokens.colorNeutralForeground3 },
  content: { display: "grid", gap: "8px", justifyItems: "start" },
});

const SLOW_MS = 5_000;

export function Samples() {
  const styles = useStyles();
  const isAdding = (found?: { value: Sample[] }) =>
    found?.value.some(({ properties }) => properties.state === "Adding");
  const once = useRead<{ value: Sample[] }>("/sampleData");
  const query = useRead<{ value: Sample[] }>("/sampleData", { refetchInterval: isAdding(once.data) ? SLOW_MS : false });
  return (
    <Asked of={query}>
      {({ value }) => (
        <div className={styles.cards}>
          {value.map((each) => (
            <One key={each.name} of={each} />
          ))}
        </div>
      )}
    </Asked>
  );
}

function One({ of: { name, properties } }: { of: Sample }) {
  const styles = useStyles();
  const { t, i18n } = useTranslation();
  const { to } = useWorkspace();
  const tellProblem = useTellProblem();
  const add = useChange((_: void, { id }) => sent("POST", `${id}/sampleData/${encodeURIComponent(name)}/add`, {}));
  const { title, description, licence, rows, columns, task, state, hindrance, assetName, jobName } = properties;
  return (
    <Card title={title} actions={<Badge appearance="outline">{t(task)}</Badge>}>
      <div className={styles.content}>
        <Text>{description}</Text>
        <Text size={200} className={styles.quiet}>
          {t("{{rows}} rows, {{columns}} columns", { rows: number(rows, i18n.language), columns })}
          {" · "}
          {licence}
        </Text>
        {state === "Added" ? (
          <PageLink to={to("data", assetName)}>{t("Open {{name}}", { name: assetName })}</PageLink>
        ) : state === "Adding" ? (
          <Spinner
            size="tiny"
            label={jobName ? <PageLink to={to("jobs", jobName)}>{t("Being added")}</PageLink> : t("Being added")}
          />
        ) : state === "Unavailable" ? (
          <Tooltip content={hindrance ?? ""} relationship="description">
            <Badge color="warning">{t("Not available here")}</Badge>
          </Tooltip>
        ) : (
          <Button
            icon={<Add20Regular />}
            disabled={add.isPending}
            onClick={() => void add.mutateAsync().catch(tellProblem)}
          >
            {state === "Failed" ? t("Try again") : t("Add")}
          </Button>
        )}
      </div>
    </Card>
  );
}
