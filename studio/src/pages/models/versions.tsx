/** Two versions of a model side by side: their facts, and what their jobs measured. */
import { Dropdown, Field, Option } from "@fluentui/react-components";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useWorkspace } from "@/api/workspace";
import { useRead, type Version } from "@/pages/assets/reads";
import { differencesOf } from "@/pages/models/compare";
import { Ago, Card, number, PageLink } from "@/parts/said";
import { type Column, Table } from "@/parts/table";

interface Measured {
  value: { key: string; last: number | string }[];
}

export function Versions({ name, here, all }: { name: string; here: Version; all: Version[] }) {
  const { t, i18n } = useTranslation();
  const { to } = useWorkspace();
  const [chosen, choose] = useState(all.find((each) => each.name !== here.name)?.name ?? "");
  const other = all.find((each) => each.name === chosen);
  const [mine, theirs] = [useMeasured(here), useMeasured(other)];
  const columns: Column<Version>[] = [
    {
      key: "version",
      title: t("Version"),
      width: "120px",
      cell: (each) => <PageLink to={to("models", name, each.name)}>{each.name}</PageLink>,
    },
    {
      key: "stage",
      title: t("Stage"),
      width: "120px",
      cell: ({ properties }) => t(String(properties.stage || "None")),
    },
    {
      key: "job",
      title: t("From job"),
      width: "minmax(160px, 1fr)",
      cell: ({ properties: { jobName } }) =>
        jobName ? <PageLink to={to("jobs", String(jobName))}>{String(jobName)}</PageLink> : "–",
    },
    {
      key: "created",
      title: t("Created"),
      width: "140px",
      cell: ({ systemData }) => <Ago at={systemData?.createdAt} />,
    },
  ];
  const said = (value: unknown) => (typeof value === "number" ? number(value, i18n.language) : String(value ?? "–"));
  const rows = other ? differencesOf([here, mine], [other, theirs]) : [];
  return (
    <div style={{ display: "grid", gap: 16 }}>
      <Card title={t("Versions")}>
        <Table label={t("Versions")} columns={columns} rows={all} keyOf={(each) => each.name} within={320} />
      </Card>
      {all.length > 1 && (
        <Card title={t("Compare")}>
          <Field label={t("With version")} style={{ maxWidth: 240, marginBottom: 12 }}>
            <Dropdown
              value={chosen}
              selectedOptions={[chosen]}
              onOptionSelect={(_, { optionValue }) => choose(optionValue ?? "")}
            >
              {all
                .filter((each) => each.name !== here.name)
                .map((each) => (
                  <Option key={each.name}>{each.name}</Option>
                ))}
            </Dropdown>
          </Field>
          <Table
            label={t("Compare")}
            rows={rows}
            keyOf={({ fact }) => fact}
            within={480}
            columns={[
              { key: "fact", title: t("What differs"), width: "minmax(160px, 1fr)", cell: ({ fact }) => fact },
              { key: "here", title: here.name, width: "minmax(160px, 1fr)", cell: ({ one }) => said(one) },
              { key: "other", title: chosen, width: "minmax(160px, 1fr)", cell: ({ other }) => said(other) },
            ]}
            empty={t("They do not differ.")}
          />
        </Card>
      )}
    </div>
  );
}

function useMeasured(version?: Version): Record<string, number | string> {
  const job = String(version?.properties.jobName ?? "");
  const { data } = useRead<Measured>(`/jobs/${encodeURIComponent(job)}/metrics`, { enabled: job !== "" });
  return Object.fromEntries((data?.value ?? []).map(({ key, last }) => [key, last]));
}
