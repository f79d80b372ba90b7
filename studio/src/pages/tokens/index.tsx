import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Dropdown,
  Field,
  Input,
  MessageBar,
  MessageBarBody,
  makeStyles,
  Option,
  SpinButton,
} from "@fluentui/react-components";
import { Add20Regular, Delete16Regular } from "@fluentui/react-icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { server } from "@/api/client";
import { Asked } from "@/parts/asked";
import { Confirm } from "@/parts/confirm";
import { Page } from "@/parts/page";
import { Empty, Refused } from "@/parts/problem";
import { Ago, Card, Code } from "@/parts/said";
import { type Column, Table } from "@/parts/table";
import { useTell, useTellProblem } from "@/shell/told";

const useStyles = makeStyles({
  page: { display: "grid", gap: "16px", maxWidth: "1100px" },
  form: { display: "grid", gap: "14px" },
});

interface NamedToken {
  name: string;
  role: string;
  createdAt: string;
  createdBy: string;
  lastUsedAt: string | null;
  expiresAt: string;
}

interface SignedIn {
  id: string;
  name: string;
  browser: string;
  createdAt: string;
  lastUsedAt: string;
  current: boolean;
}

const useListed = <T,>(path: "/tokens" | "/studio/sessions") =>
  useQuery({
    queryKey: [path],
    queryFn: async ({ signal }) => ((await server.GET(path, { signal })).data as unknown as { value: T[] }).value,
  });

/** The ways in: named tokens for programs, and the browsers that are signed in. */
export default function Tokens() {
  const { t } = useTranslation();
  const styles = useStyles();
  const [isNew, setNew] = useState(false);
  const create = (
    <Button appearance="primary" icon={<Add20Regular />} onClick={() => setNew(true)}>
      {t("New token")}
    </Button>
  );
  return (
    <Page title={t("Tokens")} actions={create}>
      <div className={styles.page}>
        <Named />
        <Sessions />
      </div>
      {isNew && <NewToken close={() => setNew(false)} />}
    </Page>
  );
}

function Named() {
  const { t } = useTranslation();
  const tokens = useListed<NamedToken>("/tokens");
  const columns: Column<NamedToken>[] = [
    { key: "name", title: t("Name"), width: "minmax(140px, 1fr)", cell: ({ name }) => name },
    { key: "role", title: t("Role"), width: "100px", cell: ({ role }) => t(role) },
    { key: "made", title: t("Created"), width: "130px", cell: ({ createdAt }) => <Ago at={createdAt} /> },
    { key: "used", title: t("Last used"), width: "130px", cell: ({ lastUsedAt }) => <Ago at={lastUsedAt} /> },
    { key: "ends", title: t("Ends"), width: "130px", cell: ({ expiresAt }) => <Ago at={expiresAt} /> },
    {
      key: "revoke",
      title: "",
      width: "110px",
      cell: ({ name }) => <Revoke title={t("Revoke {{name}}?", { name })} path="/tokens" of={{ name }} />,
    },
  ];
  return (
    <Card title={t("Named tokens")}>
      <Asked of={tokens} lines={3}>
        {(rows) => (
          <Table
            within={320}
            label={t("Named tokens")}
            columns={columns}
            rows={rows}
            keyOf={({ name }) => name}
            empty={
              <Empty
                title={t("No named tokens")}
                hint={t(
                  "Give a program or a colleague a token of its own, with an end, that can be revoked without touching any other.",
                )}
              />
            }
          />
        )}
      </Asked>
    </Card>
  );
}

function Sessions() {
  const { t } = useTranslation();
  const sessions = useListed<SignedIn>("/studio/sessions");
  const columns: Column<SignedIn>[] = [
    {
      key: "browser",
      title: t("Browser"),
      width: "minmax(180px, 1fr)",
      cell: ({ browser, current }) => (current ? t("{{browser}} (this one)", { browser }) : browser),
    },
    { key: "who", title: t("Signed in as"), width: "130px", cell: ({ name }) => name },
    { key: "since", title: t("Since"), width: "130px", cell: ({ createdAt }) => <Ago at={createdAt} /> },
    { key: "used", title: t("Last used"), width: "130px", cell: ({ lastUsedAt }) => <Ago at={lastUsedAt} /> },
    {
      key: "revoke",
      title: "",
      width: "110px",
      cell: ({ id, current }) =>
        !current && <Revoke title={t("Log this browser out?")} path="/studio/sessions" of={{ id }} />,
    },
  ];
  return (
    <Card title={t("Signed in")}>
      <Asked of={sessions} lines={3}>
        {(rows) => <Table within={320} label={t("Signed in")} columns={columns} rows={rows} keyOf={({ id }) => id} />}
      </Asked>
    </Card>
  );
}

type Way = { path: "/tokens"; of: { name: string } } | { path: "/studio/sessions"; of: { id: string } };

function Revoke({ title, ...way }: { title: string } & Way) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const tell = useTell();
  const tellProblem = useTellProblem();
  const [isAsking, setAsking] = useState(false);
  const revoke = async () => {
    try {
      if (way.path === "/tokens") await server.DELETE("/tokens/{name}", { params: { path: way.of } });
      else await server.DELETE("/studio/sessions/{id}", { params: { path: way.of } });
      await queries.invalidateQueries({ queryKey: [way.path] });
      tell({ title: t("It opens nothing any more") });
    } catch (error) {
      tellProblem(error);
    }
  };
  return (
    <>
      <Button size="small" appearance="subtle" icon={<Delete16Regular />} onClick={() => setAsking(true)}>
        {t("Revoke")}
      </Button>
      <Confirm title={title} verb={t("Revoke")} isOpen={isAsking} close={() => setAsking(false)} act={revoke}>
        {t("Whoever uses it is shut out at once.")}
      </Confirm>
    </>
  );
}

const ROLES = ["admin", "reader"];

function NewToken({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [role, setRole] = useState("admin");
  const [days, setDays] = useState(90);
  const make = useMutation({
    mutationFn: async () => {
      const { data } = await server.POST("/tokens", { body: { name, role, days } as never });
      return (data as unknown as { token: string }).token;
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["/tokens"] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <Dialog open onOpenChange={(_, { open }) => open || close()}>
      <DialogSurface>
        <form onSubmit={submit}>
          <DialogBody>
            <DialogTitle>{t("New token")}</DialogTitle>
            <DialogContent className={styles.form}>
              <Refused of={make.error} />
              {make.data ? (
                <>
                  <MessageBar intent="warning">
                    <MessageBarBody>{t("Copy it now: it is shown this once and kept nowhere.")}</MessageBarBody>
                  </MessageBar>
                  <Code text={make.data} />
                </>
              ) : (
                <>
                  <Field label={t("Name")} required hint={t("What it is for: ci, notebook, a colleague.")}>
                    <Input value={name} onChange={(_, { value }) => setName(value.trim())} />
                  </Field>
                  <Field label={t("Role")}>
                    <Dropdown
                      value={t(role)}
                      selectedOptions={[role]}
                      onOptionSelect={(_, said) => setRole(said.optionValue ?? role)}
                    >
                      {ROLES.map((each) => (
                        <Option key={each} value={each}>
                          {t(each)}
                        </Option>
                      ))}
                    </Dropdown>
                  </Field>
                  <Field label={t("Days until it ends")}>
                    <SpinButton
                      min={1}
                      max={3650}
                      value={days}
                      onChange={(_, said) => setDays(Math.round(said.value ?? (Number(said.displayValue) || 1)))}
                    />
                  </Field>
                </>
              )}
            </DialogContent>
            <DialogActions>
              <Button onClick={close}>{make.data ? t("Done") : t("Cancel")}</Button>
              {!make.data && (
                <Button type="submit" appearance="primary" disabled={!name || make.isPending}>
                  {t("Create")}
                </Button>
              )}
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
