/** How programs ask an endpoint: its address, its keys, and snippets that run as they stand. */
import {
  Button,
  MessageBar,
  MessageBarBody,
  makeStyles,
  Switch,
  Tab,
  TabList,
  Text,
  tokens,
} from "@fluentui/react-components";
import { ArrowSync16Regular, Eye16Regular, EyeOff16Regular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useChange, useWorkspace } from "@/api/workspace";
import { Asked } from "@/parts/asked";
import { Confirm } from "@/parts/confirm";
import { Ago, Card, Code, CopyButton, Facts } from "@/parts/said";
import { useTell, useTellProblem } from "@/shell/told";
import { askingOf } from "./asking";
import type { ShownProps } from "./online";
import { keyOf, type OnlineEndpoint, useSwagger } from "./reads";
import { Address } from "./small";
import { LANGUAGES, type SnippetLanguage, snippet } from "./snippets";
import { lastRequest } from "./tries";

const useStyles = makeStyles({
  page: { display: "grid", gap: "16px", maxWidth: "1100px" },
  key: { display: "flex", alignItems: "center", gap: "4px", flexWrap: "wrap" },
  secret: { fontFamily: tokens.fontFamilyMonospace, overflowWrap: "anywhere" },
  head: { display: "flex", alignItems: "center", gap: "16px", marginBottom: "8px", flexWrap: "wrap" },
});

interface Keys {
  primaryKey: string;
  secondaryKey: string;
}

export default function Consume({ endpoint }: ShownProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const isKeyed = endpoint.properties.authMode === "Key";
  return (
    <div className={styles.page}>
      <Card title={t("Address")}>
        <Facts
          of={[
            [t("Scoring address"), <Address key="uri" of={endpoint.properties.scoringUri} />],
            [t("API description"), <Address key="swagger" of={endpoint.properties.swaggerUri} />],
          ]}
        />
      </Card>
      {isKeyed ? <KeysCard endpoint={endpoint} /> : <TokenCard endpoint={endpoint} />}
      <Snippets endpoint={endpoint} />
    </div>
  );
}

function KeysCard({ endpoint }: { endpoint: OnlineEndpoint }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { id, api } = useWorkspace();
  const [shown, setShown] = useState(false);
  const [renewing, setRenewing] = useState<"Primary" | "Secondary" | null>(null);
  const tell = useTell();
  const tellProblem = useTellProblem();
  const params = { params: { path: { name: endpoint.name } } };
  const keys = useQuery({
    queryKey: [id, "keys", endpoint.name],
    queryFn: async () => (await api.POST("/onlineEndpoints/{name}/listKeys", params)).data as unknown as Keys,
  });
  const change = useChange<string>(
    (keyType) => api.POST("/onlineEndpoints/{name}/regenerateKeys", { ...params, body: { keyType } as never }),
    "keys",
  );
  const renew = async () => {
    try {
      await change.mutateAsync(renewing ?? "");
      tell({ title: t("The key was made anew.") });
    } catch (error) {
      tellProblem(error);
    }
  };
  const row = (kind: "Primary" | "Secondary", key: string) => (
    <span className={styles.key}>
      <span className={styles.secret}>{shown ? key : "•".repeat(32)}</span>
      <CopyButton text={key} />
      <Button size="small" appearance="subtle" icon={<ArrowSync16Regular />} onClick={() => setRenewing(kind)}>
        {t("Regenerate")}
      </Button>
    </span>
  );
  return (
    <Card
      title={t("Keys")}
      actions={
        <Button
          size="small"
          appearance="subtle"
          icon={shown ? <EyeOff16Regular /> : <Eye16Regular />}
          onClick={() => setShown(!shown)}
        >
          {shown ? t("Hide") : t("Show")}
        </Button>
      }
    >
      <Asked of={keys} lines={2}>
        {({ primaryKey, secondaryKey }) => (
          <Facts
            of={[
              [t("Primary key"), row("Primary", primaryKey)],
              [t("Secondary key"), row("Secondary", secondaryKey)],
            ]}
          />
        )}
      </Asked>
      <Confirm
        title={renewing === "Primary" ? t("Make the primary key anew?") : t("Make the secondary key anew?")}
        verb={t("Regenerate")}
        isOpen={!!renewing}
        close={() => setRenewing(null)}
        act={renew}
      >
        {t("The key of now opens nothing any more from that moment on. Let callers use the other one first.")}
      </Confirm>
    </Card>
  );
}

function TokenCard({ endpoint }: { endpoint: OnlineEndpoint }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { api } = useWorkspace();
  const tellProblem = useTellProblem();
  const change = useChange<void, { accessToken?: string; expiryTimeUtc?: number }>(
    async () =>
      (await api.POST("/onlineEndpoints/{name}/token", { params: { path: { name: endpoint.name } } })).data as never,
    "tokens",
  );
  const token = change.data?.accessToken;
  return (
    <Card
      title={t("Token")}
      actions={
        <Button
          size="small"
          onClick={() => change.mutate(undefined, { onError: tellProblem })}
          disabled={change.isPending}
        >
          {t("Get a token")}
        </Button>
      }
    >
      {token ? (
        <span className={styles.key}>
          <span className={styles.secret}>{token}</span>
          <CopyButton text={token} />
          <Text size={200}>
            {t("It ends")} <Ago at={(change.data?.expiryTimeUtc ?? 0) * 1000} />
          </Text>
        </span>
      ) : (
        <Text>
          {t("This endpoint is opened by tokens that hold for eight hours. Whoever may use it gets one here.")}
        </Text>
      )}
    </Card>
  );
}

function Snippets({ endpoint }: { endpoint: OnlineEndpoint }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const workspace = useWorkspace();
  const [language, setLanguage] = useState<SnippetLanguage>("curl");
  const [withKey, setWithKey] = useState(false);
  const swagger = useSwagger(endpoint, "");
  const key = useQuery({
    queryKey: [workspace.id, "key", endpoint.name],
    queryFn: () => keyOf(workspace, endpoint),
    enabled: withKey,
    gcTime: 0,
  });
  const last = lastRequest(workspace.id, endpoint.name);
  const body = last ?? JSON.stringify(askingOf(swagger.data as never).example, null, 2);
  const isToken = endpoint.properties.authMode !== "Key";
  const url = endpoint.properties.scoringUri ?? "";
  const text = snippet(language, { url, body, key: withKey ? key.data : undefined });
  return (
    <Card title={t("Snippets")}>
      <div className={styles.head}>
        <TabList
          selectedValue={language}
          size="small"
          onTabSelect={(_, { value }) => setLanguage(value as SnippetLanguage)}
        >
          {LANGUAGES.map((each) => (
            <Tab key={each} value={each}>
              {each}
            </Tab>
          ))}
        </TabList>
        <Switch
          label={isToken ? t("With a token in it") : t("With the key in it")}
          checked={withKey}
          onChange={(_, { checked }) => setWithKey(checked)}
          style={{ marginLeft: "auto" }}
        />
      </div>
      <Code text={text} />
      <div style={{ height: 8 }} />
      {withKey ? (
        <MessageBar intent="warning">
          <MessageBarBody>
            {t("Whoever has this text can ask the endpoint. Keep keys out of code that is shared.")}
          </MessageBarBody>
        </MessageBar>
      ) : (
        <Text size={200}>
          {last
            ? t("The request is the last one of the Test tab.")
            : t("The request is the example that the endpoint tells.")}
        </Text>
      )}
    </Card>
  );
}
