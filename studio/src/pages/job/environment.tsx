/** The environment a job ran in: what was installed, and what its build said. */
import { Input, makeStyles, Tab, TabList, tokens } from "@fluentui/react-components";
import { Layer24Regular, Search16Regular } from "@fluentui/react-icons";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useGet } from "@/api/workspace";
import { Ansi } from "@/pages/job/ansi";
import { useJob } from "@/pages/job/job";
import { NamedLink } from "@/pages/job/named";
import { Asked } from "@/parts/asked";
import { Empty } from "@/parts/problem";
import { CopyButton } from "@/parts/said";
import { type Column, Table } from "@/parts/table";

const useStyles = makeStyles({
  head: { display: "flex", alignItems: "center", gap: "16px", padding: "4px 24px" },
  log: {
    flex: 1,
    minHeight: 0,
    overflow: "auto",
    margin: 0,
    padding: "12px 24px",
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    lineHeight: "1.6",
    whiteSpace: "pre-wrap",
    backgroundColor: tokens.colorNeutralBackground1,
  },
  beside: { marginLeft: "auto", display: "flex", gap: "8px", alignItems: "center" },
});

export default function EnvironmentTab() {
  const styles = useStyles();
  const { t } = useTranslation();
  const { job } = useJob();
  const [shown, setShown] = useState("packages");
  const address = job.properties.environmentId ?? job.properties.trial?.environmentId ?? "";
  const [, name = "", version = ""] = /\/environments\/([^/]+)\/versions\/([^/]+)$/.exec(address) ?? [];
  if (!name)
    return (
      <Empty
        icon={<Layer24Regular />}
        title={t("This job has no environment of its own")}
        hint={t("It runs with what is installed on the server's machine.")}
      />
    );
  return (
    <>
      <div className={styles.head}>
        <TabList size="small" selectedValue={shown} onTabSelect={(_, { value }) => setShown(String(value))}>
          <Tab value="packages">{t("Packages")}</Tab>
          <Tab value="log">{t("Build log")}</Tab>
        </TabList>
        <span className={styles.beside}>
          <NamedLink address={address} />
        </span>
      </div>
      {shown === "packages" ? <Packages name={name} version={version} /> : <BuildLog name={name} version={version} />}
    </>
  );
}

interface Package {
  name: string;
  version: string;
}

/** `numpy==2.4.0`, or something that is installed from elsewhere: `here @ https://…`. */
export function packageOf(line: string): Package {
  const [, name = line, version = ""] = /^([A-Za-z0-9_.-]+)\s*(?:==|@)\s*(.*)$/.exec(line) ?? [];
  return { name, version };
}

function Packages({ name, version }: { name: string; version: string }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const [wanted, setWanted] = useState("");
  const query = useGet<{ value: string[] }>("/environments/{name}/versions/{version}/lock", {
    params: { path: { name, version } },
  });
  const columns: Column<Package>[] = [
    { key: "name", title: t("Package"), width: "minmax(200px, 320px)", cell: (row) => row.name },
    { key: "version", title: t("Version"), cell: (row) => row.version },
  ];
  return (
    <Asked of={query}>
      {({ value }) => {
        const rows = value.map(packageOf).filter((row) => row.name.toLowerCase().includes(wanted.toLowerCase()));
        return (
          <>
            <div className={styles.head}>
              <Input
                size="small"
                contentBefore={<Search16Regular />}
                placeholder={t("Find a package")}
                aria-label={t("Find a package")}
                value={wanted}
                onChange={(_, data) => setWanted(data.value)}
              />
              {t("{{count}} packages", { count: rows.length })}
              <CopyButton text={value.join("\n")} label={t("Copy as requirements.txt")} />
            </div>
            <Table
              label={t("Packages")}
              columns={columns}
              rows={rows}
              rowHeight={32}
              keyOf={(row) => row.name}
              empty={
                <Empty
                  icon={<Layer24Regular />}
                  title={wanted ? t("No package of this name") : t("Nothing was installed yet")}
                  hint={wanted ? undefined : t("Packages are listed here once the environment is built.")}
                />
              }
            />
          </>
        );
      }}
    </Asked>
  );
}

function BuildLog({ name, version }: { name: string; version: string }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { job } = useJob();
  const isBuilding = job.properties.status === "Preparing" || job.properties.status === "Queued";
  const query = useGet<{ text: string; state: string }>(
    "/environments/{name}/versions/{version}/buildlog",
    { params: { path: { name, version } } },
    { refetchInterval: isBuilding && 5_000 },
  );
  return (
    <Asked of={query}>
      {({ text }) =>
        text ? (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached by keys
          <pre className={styles.log} tabIndex={0}>
            <Ansi text={text} />
          </pre>
        ) : (
          <Empty
            icon={<Layer24Regular />}
            title={t("No build has said anything")}
            hint={t("The environment was there already, or is still to be built.")}
          />
        )
      }
    </Asked>
  );
}
