/** Asks an endpoint from the page: a table and its JSON, each of which writes the other, and what was answered. */
import { Button, Field, makeStyles, Select, Tab, TabList, Text, Tooltip, tokens } from "@fluentui/react-components";
import { Add16Regular, Delete16Regular, Play20Regular } from "@fluentui/react-icons";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { asProblem } from "@/api/problem";
import { useWorkspace } from "@/api/workspace";
import { Loading } from "@/parts/asked";
import { Editor } from "@/parts/editor";
import { Ago, Card, Code, number } from "@/parts/said";
import { askingOf, blank, type Cell, type Form, formOfExample, isWrong, jsonOf, rowsIn } from "./asking";
import type { ShownProps } from "./online";
import { doorOf, keyOf, type OnlineEndpoint, useSwagger } from "./reads";
import { snippet } from "./snippets";
import { remember, type Try, triesOf } from "./tries";

const useStyles = makeStyles({
  page: {
    display: "grid",
    gap: "16px",
    gridTemplateColumns: "minmax(0, 1fr) minmax(0, 1fr)",
    alignItems: "start",
    "@media (max-width: 1200px)": { gridTemplateColumns: "minmax(0, 1fr)" },
  },
  head: { display: "flex", alignItems: "flex-end", gap: "12px", flexWrap: "wrap", marginBottom: "12px" },
  scroll: { overflow: "auto", maxHeight: "420px" },
  table: { borderCollapse: "collapse", fontSize: tokens.fontSizeBase200 },
  cell: { padding: 0, border: `1px solid ${tokens.colorNeutralStroke2}` },
  title: {
    position: "sticky",
    top: 0,
    textAlign: "left",
    padding: "4px 8px",
    backgroundColor: tokens.colorNeutralBackground3,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    fontWeight: tokens.fontWeightSemibold,
    whiteSpace: "nowrap",
  },
  type: { fontWeight: tokens.fontWeightRegular, color: tokens.colorNeutralForeground3 },
  input: {
    width: "100%",
    minWidth: "96px",
    boxSizing: "border-box",
    padding: "6px 8px",
    font: "inherit",
    color: "inherit",
    border: "none",
    backgroundColor: "transparent",
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: "-2px" },
  },
  wrong: { backgroundColor: tokens.colorPaletteRedBackground1 },
  foot: { display: "flex", alignItems: "center", gap: "12px", marginTop: "12px" },
  note: { color: tokens.colorNeutralForeground3 },
  status: { display: "flex", gap: "16px", alignItems: "baseline", flexWrap: "wrap", marginBottom: "12px" },
  good: { color: tokens.colorPaletteGreenForeground1, fontWeight: tokens.fontWeightSemibold },
  bad: { color: tokens.colorPaletteRedForeground1, fontWeight: tokens.fontWeightSemibold },
  tries: { display: "grid", gap: "2px" },
  row: {
    display: "grid",
    gridTemplateColumns: "52px 80px minmax(0, 1fr) auto",
    gap: "8px",
    padding: "6px 8px",
    textAlign: "left",
    font: "inherit",
    fontSize: tokens.fontSizeBase200,
    color: "inherit",
    background: "none",
    border: "none",
    cursor: "pointer",
    borderRadius: tokens.borderRadiusMedium,
    ":hover": { backgroundColor: tokens.colorNeutralBackground1Hover },
  },
  chosen: { backgroundColor: tokens.colorNeutralBackground1Selected },
});

export default function Test({ endpoint, deployments }: ShownProps) {
  const { t } = useTranslation();
  const styles = useStyles();
  const workspace = useWorkspace();
  const [query, setQuery] = useSearchParams();
  const deployment = query.get("deployment") ?? "";
  const first = deployment || (hasTraffic(endpoint) ? "" : (deployments[0]?.name ?? ""));
  const swagger = useSwagger(endpoint, first);
  const [tries, setTries] = useState<Try[]>(() => triesOf(workspace.id, endpoint.name));
  const [shown, setShown] = useState<Try | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");
  const ask = async (body: string) => {
    setBusy(true);
    setWrong("");
    try {
      const made = await tried(workspace, endpoint, first, body);
      setTries(remember(workspace.id, endpoint.name, made));
      setShown(made);
    } catch (error) {
      const problem = asProblem(error);
      setWrong(`${problem.message} ${problem.mend}`);
    } finally {
      setBusy(false);
    }
  };
  if (!deployments.length) return <Text>{t("Nothing answers here yet. Add a deployment first.")}</Text>;
  const choice = (
    <Field label={t("Who answers")}>
      <Select
        value={deployment}
        onChange={(_, { value }) => setQuery(value ? { deployment: value } : {}, { replace: true })}
      >
        <option value="">{hasTraffic(endpoint) ? t("As the traffic decides") : t("The first deployment")}</option>
        {deployments.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </Select>
    </Field>
  );
  return (
    <div className={styles.page}>
      <Card title={t("Request")}>
        {swagger.isPending ? (
          <Loading lines={5} />
        ) : (
          <Request
            key={`${first}:${swagger.dataUpdatedAt ? "" : "none"}`}
            swagger={swagger.data ?? null}
            again={shown?.body}
            started={tries[0]?.body}
            choice={choice}
            isBusy={isBusy}
            ask={ask}
          />
        )}
        {wrong && (
          <Text className={styles.bad} role="alert">
            {wrong}
          </Text>
        )}
      </Card>
      <div style={{ display: "grid", gap: 16, minWidth: 0 }}>
        <Answer of={shown ?? tries[0] ?? null} endpoint={endpoint} />
        {tries.length > 0 && (
          <Card title={t("Last tries")}>
            <div className={styles.tries}>
              {tries.map((each) => (
                <TryRow key={each.at} of={each} isChosen={each === shown} choose={() => setShown(each)} />
              ))}
            </div>
          </Card>
        )}
      </div>
    </div>
  );
}

const hasTraffic = (endpoint: OnlineEndpoint) =>
  Object.values(endpoint.properties.traffic ?? {}).some((share) => share > 0);

/** Ask the endpoint by this server's own door, with its key. */
async function tried(
  workspace: ReturnType<typeof useWorkspace>,
  endpoint: OnlineEndpoint,
  deployment: string,
  body: string,
): Promise<Try> {
  const key = await keyOf(workspace, endpoint);
  const headers: Record<string, string> = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
  if (deployment) headers["azureml-model-deployment"] = deployment;
  const at = Date.now();
  const began = performance.now();
  const answer = await fetch(`${doorOf(workspace, endpoint.name)}/score`, {
    method: "POST",
    headers,
    body,
    credentials: "omit",
  });
  const response = await answer.text();
  return {
    at,
    body,
    asked: deployment,
    answered: answer.headers.get("azureml-model-deployment") ?? "",
    status: answer.status,
    modelStatus: answer.headers.get("ms-azureml-model-error-statuscode") ?? "",
    ms: performance.now() - began,
    response,
  };
}

interface RequestProps {
  swagger: object | null;
  /** A former request that is to be asked again. */
  again?: string;
  started?: string;
  choice: React.ReactNode;
  isBusy: boolean;
  ask: (body: string) => void;
}

function Request({ swagger, again, started, choice, isBusy, ask }: RequestProps) {
  const { t } = useTranslation();
  const styles = useStyles();
  const asking = useMemo(() => askingOf(swagger as never), [swagger]);
  const [text, setText] = useState(() => started ?? JSON.stringify(asking.example, null, 2));
  const [view, setView] = useState<"form" | "json">("form");
  const seen = useRef(again);
  useEffect(() => {
    if (again !== undefined && again !== seen.current) setText(again);
    seen.current = again;
  }, [again]);
  const json = parsed(text);
  const form = asking.form && rowsIn(asking.form, json) ? asking.form : (formOfExample(json) ?? asking.form);
  const rows = form ? rowsIn(form, json) : null;
  const shownView = form ? view : "json";
  return (
    <>
      <div className={styles.head}>
        {choice}
        {form && (
          <TabList size="small" selectedValue={view} onTabSelect={(_, { value }) => setView(value as "form" | "json")}>
            <Tab value="form">{t("Table")}</Tab>
            <Tab value="json">JSON</Tab>
          </TabList>
        )}
      </div>
      {shownView === "form" && form ? (
        rows ? (
          <Rows form={form} rows={rows} set={(next) => setText(JSON.stringify(jsonOf(form, next, json), null, 2))} />
        ) : (
          <Text className={styles.note}>{t("This JSON is no table that the model takes. Edit it as JSON.")}</Text>
        )
      ) : (
        <Editor label={t("Request")} language="json" value={text} onChange={setText} height={320} />
      )}
      {!asking.form && !form && (
        <Text size={200} className={styles.note}>
          {t("The deployment does not tell what it takes. Write the JSON that its script reads.")}
        </Text>
      )}
      <div className={styles.foot}>
        <Button appearance="primary" icon={<Play20Regular />} disabled={isBusy} onClick={() => ask(text)}>
          {isBusy ? t("Asking…") : t("Send")}
        </Button>
        {json === undefined && <Text className={styles.note}>{t("This is not JSON.")}</Text>}
      </div>
    </>
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const MOST_ROWS = 200;

function Rows({ form, rows, set }: { form: Form; rows: Cell[][]; set: (rows: Cell[][]) => void }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const put = (row: number, column: number, value: string) =>
    set(rows.map((cells, index) => (index === row ? cells.map((cell, at) => (at === column ? value : cell)) : cells)));
  return (
    <>
      <div className={styles.scroll}>
        <table className={styles.table}>
          <thead>
            <tr>
              {form.inputs.map((each) => (
                <th key={each.name} className={styles.title} scope="col">
                  {form.shape === "rows" ? t("Column {{name}}", { name: Number(each.name) + 1 }) : each.name}{" "}
                  <span className={styles.type}>{each.type === "any" ? "" : each.type}</span>
                </th>
              ))}
              <th className={styles.title} aria-label={t("Remove row")} />
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, MOST_ROWS).map((cells, row) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place
              <tr key={row}>
                {form.inputs.map((each, column) => (
                  <td key={each.name} className={styles.cell}>
                    <input
                      className={`${styles.input} ${isWrong(each, cells[column] ?? "") ? styles.wrong : ""}`}
                      aria-label={t("{{name}}, row {{row}}", { name: each.name, row: row + 1 })}
                      aria-invalid={isWrong(each, cells[column] ?? "")}
                      value={cells[column] ?? ""}
                      onChange={({ target }) => put(row, column, target.value)}
                    />
                  </td>
                ))}
                <td className={styles.cell}>
                  <Tooltip content={t("Remove row")} relationship="label">
                    <Button
                      size="small"
                      appearance="subtle"
                      icon={<Delete16Regular />}
                      disabled={rows.length === 1}
                      onClick={() => set(rows.filter((_, index) => index !== row))}
                    />
                  </Tooltip>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > MOST_ROWS && (
        <Text size={200}>{t("The first {{count}} rows are shown; JSON has all.", { count: MOST_ROWS })}</Text>
      )}
      <Button
        size="small"
        appearance="subtle"
        icon={<Add16Regular />}
        onClick={() => set([...rows, rows.at(-1) ?? blank(form)])}
        style={{ marginTop: 8 }}
      >
        {t("Add row")}
      </Button>
    </>
  );
}

function Answer({ of, endpoint }: { of: Try | null; endpoint: OnlineEndpoint }) {
  const { t, i18n } = useTranslation();
  const styles = useStyles();
  const [isCurl, setCurl] = useState(false);
  if (!of)
    return (
      <Card title={t("Answer")}>
        <Text className={styles.note}>{t("What the endpoint answers is shown here.")}</Text>
      </Card>
    );
  const curl = snippet("curl", { url: endpoint.properties.scoringUri ?? "", body: of.body, deployment: of.asked });
  return (
    <Card title={t("Answer")}>
      <div className={styles.status}>
        <span className={of.status < 400 ? styles.good : styles.bad}>{of.status}</span>
        <span>{`${number(of.ms, i18n.language)} ms`}</span>
        {of.answered && <span>{t("answered by {{name}}", { name: of.answered })}</span>}
        {of.modelStatus && <span>{t("the script's status: {{status}}", { status: of.modelStatus })}</span>}
        <Button size="small" appearance="subtle" style={{ marginLeft: "auto" }} onClick={() => setCurl(!isCurl)}>
          {isCurl ? t("Show the answer") : t("Show as curl")}
        </Button>
      </div>
      <div className={styles.scroll}>
        <Code text={isCurl ? curl : pretty(of.response)} />
      </div>
    </Card>
  );
}

function pretty(text: string): string {
  const json = parsed(text);
  return json === undefined || text.length > 100_000 ? text : JSON.stringify(json, null, 2);
}

function TryRow({ of, isChosen, choose }: { of: Try; isChosen: boolean; choose: () => void }) {
  const { i18n } = useTranslation();
  const styles = useStyles();
  return (
    <button type="button" className={`${styles.row} ${isChosen ? styles.chosen : ""}`} onClick={choose}>
      <span className={of.status < 400 ? styles.good : styles.bad}>{of.status}</span>
      <span style={{ fontVariantNumeric: "tabular-nums" }}>{`${number(Math.round(of.ms), i18n.language)} ms`}</span>
      <span style={{ overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
        {of.answered} {of.response.slice(0, 120)}
      </span>
      <Ago at={of.at} />
    </button>
  );
}
