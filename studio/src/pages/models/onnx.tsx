/** An ONNX model: what goes in and out, what it does in between, and its faster or smaller variants. */
import { MessageBar, MessageBarBody, makeStyles, Text, tokens } from "@fluentui/react-components";
import { useTranslation } from "react-i18next";
import { useWorkspace } from "@/api/workspace";
import { useSheet } from "@/pages/assets/about";
import { countsOf, factsOf, flatOf, type Onnx, type Port, type Summary, shapeOf } from "@/pages/models/summary";
import { Card, Code, Facts, number, PageLink, size } from "@/parts/said";
import { type Column, Table } from "@/parts/table";

const useStyles = makeStyles({
  row: {
    display: "grid",
    gridTemplateColumns: "minmax(120px, 1fr) 2fr 56px",
    gap: "12px",
    alignItems: "center",
    lineHeight: "26px",
  },
  track: { height: "10px", borderRadius: tokens.borderRadiusMedium, backgroundColor: tokens.colorNeutralBackground4 },
  bar: { height: "10px", borderRadius: tokens.borderRadiusMedium, backgroundColor: tokens.colorBrandBackground },
  count: { textAlign: "right", fontVariantNumeric: "tabular-nums" },
  list: { maxHeight: "320px", overflow: "auto" },
});

export function OnnxTab({ summary, name, version }: { summary: Summary; name: string; version: string }) {
  const sheet = useSheet();
  const { t } = useTranslation();
  if (!summary.onnx.length)
    return (
      <Card title={t("This model is not in ONNX")}>
        <Text block style={{ marginBottom: 12 }}>
          {t("As ONNX it needs no framework to answer. The export compares its answers with the model's own.")}
        </Text>
        <Code text={`lazuli model export ${name}:${version}`} />
      </Card>
    );
  return (
    <div className={sheet.column}>
      {summary.onnx.map((each) => (
        <One key={each.path} of={each} />
      ))}
      {summary.variants.length > 0 && <Variants of={summary} name={name} />}
      <Card title={t("Make it faster or smaller")}>
        <Code text={`lazuli model optimize ${name}:${version}`} />
      </Card>
    </div>
  );
}

function One({ of }: { of: Onnx }) {
  const sheet = useSheet();
  const styles = useStyles();
  const { t, i18n } = useTranslation();
  if (of.problem)
    return (
      <MessageBar intent="warning">
        <MessageBarBody>
          {of.path}: {of.problem}
        </MessageBarBody>
      </MessageBar>
    );
  const said = (value?: number) => (value === undefined ? null : number(value, i18n.language));
  return (
    <div className={sheet.cards}>
      <div className={sheet.column}>
        <Card title={of.path}>
          <Facts
            of={[
              [t("Size"), size(of.size)],
              [t("Parameters"), said(of.parameters)],
              [t("Operators"), said(of.nodes)],
              [
                t("Opsets"),
                Object.entries(of.opsets ?? {})
                  .map(([domain, version]) => `${domain} ${version}`)
                  .join(", "),
              ],
              [t("IR version"), said(of.ir_version)],
              [t("Written by"), [of.producer, of.producer_version].filter(Boolean).join(" ")],
              [t("Description"), of.description],
            ]}
          />
        </Card>
        <Card title={t("Operators")}>
          <div className={styles.list}>
            {countsOf(of.operators).map(({ name, count, share }) => (
              <div key={name} className={styles.row}>
                <Text truncate wrap={false} title={name}>
                  {name}
                </Text>
                <div className={styles.track}>
                  <div className={styles.bar} style={{ width: `${100 * share}%` }} />
                </div>
                <span className={styles.count}>{number(count, i18n.language)}</span>
              </div>
            ))}
          </div>
        </Card>
      </div>
      <div className={sheet.column}>
        <Ports title={t("Inputs")} of={of.inputs ?? []} />
        <Ports title={t("Outputs")} of={of.outputs ?? []} />
      </div>
    </div>
  );
}

export function Ports({ title, of }: { title: string; of: Port[] }) {
  const { t } = useTranslation();
  const columns: Column<Port & { at: number }>[] = [
    { key: "name", title: t("Name"), width: "minmax(140px, 2fr)", cell: ({ name }) => name ?? "–" },
    { key: "type", title: t("Type"), width: "minmax(90px, 1fr)", cell: ({ type }) => type ?? "–" },
    { key: "shape", title: t("Shape"), width: "minmax(90px, 1fr)", cell: (port) => shapeOf(shapeIn(port)) },
  ];
  return (
    <Card title={`${title} (${of.length})`}>
      <Table
        label={title}
        columns={columns}
        rows={of.map((port, at) => ({ ...port, at }))}
        keyOf={({ at }) => String(at)}
        rowHeight={30}
        within={330}
      />
    </Card>
  );
}

/** MLflow says the shape of a tensor one level further down. */
function shapeIn(port: Port): Port["shape"] {
  const inner = port["tensor-spec"] as Port | undefined;
  return port.shape ?? inner?.shape ?? null;
}

function Variants({ of, name }: { of: Summary; name: string }) {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const facts = factsOf(of.variants);
  const rows = of.variants.map((each, at) => ({ at, each, flat: flatOf(each) }));
  const columns: Column<(typeof rows)[number]>[] = [
    {
      key: "version",
      title: t("Version"),
      width: "minmax(160px, 1fr)",
      cell: ({ each }) => {
        const [other, version] = [String(each.name ?? name), String(each.version ?? "")];
        return <PageLink to={to("models", other, version)}>{`${other}:${version}`}</PageLink>;
      },
    },
    ...facts.map((fact) => ({
      key: fact,
      title: t(fact.replace(/^lazuli\./, "")),
      width: "minmax(110px, 1fr)",
      cell: ({ flat }: (typeof rows)[number]) => <span title={flat[fact]}>{flat[fact] ?? "–"}</span>,
    })),
  ];
  return (
    <Card title={t("Variants")}>
      <Table label={t("Variants")} columns={columns} rows={rows} keyOf={({ at }) => String(at)} within={400} />
    </Card>
  );
}
