/** An ONNX model: what goes in and out, what it does in between, and its faster or smaller variants. */
import { Badge, MessageBar, MessageBarBody, makeStyles, Text, tokens } from "@fluentui/react-components";
import { useTranslation } from "react-i18next";
import { useWorkspace } from "@/api/workspace";
import { useSheet } from "@/pages/assets/about";
import { countsOf, type Form, formsOf, type Onnx, type Port, type Summary, shapeOf } from "@/pages/models/summary";
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
  badges: { display: "inline-flex", gap: "4px" },
  note: { color: tokens.colorNeutralForeground3, marginTop: "8px" },
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
      {summary.variants.length > 0 && <Variants of={summary} name={name} version={version} />}
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

function Variants({ of, name, version }: { of: Summary; name: string; version: string }) {
  const styles = useStyles();
  const { t, i18n } = useTranslation();
  const { to } = useWorkspace();
  const forms = formsOf(of, name, version);
  const [parent] = forms;
  const said = (value: number | null) => number(value, i18n.language);
  const share = (of: number) => `${said(Number((100 * of).toPrecision(3)))} %`;
  const beside = (value: number | null, own: number | null | undefined) =>
    value && own && value !== own ? ` (${share(value / own)})` : "";
  const columns: Column<Form>[] = [
    {
      key: "version",
      title: t("Version"),
      width: "minmax(160px, 1.5fr)",
      cell: (form) =>
        form.isParent ? (
          t("this model")
        ) : (
          <PageLink to={to("models", form.name, form.version)}>{`${form.name}:${form.version}`}</PageLink>
        ),
    },
    { key: "variant", title: t("Variant"), width: "minmax(80px, 0.7fr)", cell: ({ variant }) => variant || "–" },
    {
      key: "best",
      title: t("Best at"),
      width: "minmax(170px, 1.2fr)",
      cell: ({ best }) => (
        <span className={styles.badges}>
          {best.map((word) => (
            <Badge key={word} appearance="tint" color="success">
              {t(word)}
            </Badge>
          ))}
        </span>
      ),
    },
    {
      key: "size",
      title: t("Size"),
      width: "minmax(120px, 1fr)",
      align: "end",
      cell: (form) => size(form.size) + beside(form.size, parent?.size),
    },
    {
      key: "latency",
      title: t("Time of an answer"),
      width: "minmax(160px, 1fr)",
      align: "end",
      cell: ({ isParent, latency, pace }) => {
        if (isParent) return pace === null ? "–" : share(pace);
        return latency === null ? "–" : `${said(Number(latency.toPrecision(3)))} ms${pace ? ` (${share(pace)})` : ""}`;
      },
    },
    {
      key: "difference",
      title: t("Greatest difference"),
      width: "minmax(130px, 1fr)",
      align: "end",
      cell: (form) => (form.difference === null ? "–" : said(Number(form.difference.toPrecision(3)))),
    },
    {
      key: "labels",
      title: t("Other labels"),
      width: "110px",
      align: "end",
      cell: (form) => (form.isParent ? "–" : said(form.labelsDiffer)),
    },
  ];
  return (
    <Card title={t("Variants")}>
      <Table
        label={t("Variants")}
        columns={columns}
        rows={forms}
        keyOf={(form) => `${form.name}:${form.version}`}
        within={400}
      />
      <Text size={200} block className={styles.note}>
        {t("As measured on this machine when each was made; percentages are of this model itself, timed beside it.")}
      </Text>
    </Card>
  );
}
