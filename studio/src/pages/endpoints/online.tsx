/** One real-time endpoint: what it is, how to ask it, how it fares. */
import { Button, Menu, MenuItem, MenuList, MenuPopover, MenuTrigger, Text } from "@fluentui/react-components";
import { Add20Regular, Delete20Regular, MoreHorizontal20Regular } from "@fluentui/react-icons";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { useChange, useWorkspace } from "@/api/workspace";
import { Asked, Loading } from "@/parts/asked";
import { Confirm } from "@/parts/confirm";
import { Page } from "@/parts/page";
import { Status } from "@/parts/said";
import { useTell, useTellProblem } from "@/shell/told";
import { Details } from "./details";
import { type Deployment, type OnlineEndpoint, useDeployments, useOnlineEndpoint } from "./reads";

const Test = lazy(() => import("./test"));
const Consume = lazy(() => import("./consume"));
const Metrics = lazy(() => import("./metrics"));
const Logs = lazy(() => import("./logs"));
const Collected = lazy(() => import("./collected"));
const Origin = lazy(() => import("./origin"));
const Activity = lazy(() => import("./activity"));

export default function Online() {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const { name = "", tab = "details" } = useParams();
  const endpoint = useOnlineEndpoint(name);
  const deployments = useDeployments(name);
  const here = (key: string) =>
    key === "details" ? to("endpoints", "online", name) : to("endpoints", "online", name, key);
  const tabs = [
    ["details", t("Details")],
    ["test", t("Test")],
    ["consume", t("Consume")],
    ["metrics", t("Metrics")],
    ["logs", t("Logs")],
    ["collected", t("Data collection")],
    ["lineage", t("Lineage")],
    ["activity", t("Activity")],
  ].map(([key = "", text = ""]) => ({ key, text, to: here(key) }));
  const isFull = tab === "logs";
  return (
    <Page
      title={name}
      crumbs={[{ text: t("Endpoints"), to: to("endpoints") }]}
      beside={endpoint.data && <Status of={endpoint.data.properties.provisioningState} />}
      tabs={tabs}
      tab={tab}
      full={isFull}
      actions={endpoint.data && <Actions endpoint={endpoint.data} />}
    >
      <Asked of={endpoint}>
        {(one) => (
          <Asked of={deployments}>
            {({ value }) => (
              <Suspense fallback={<Loading />}>
                <Shown tab={tab} endpoint={one} deployments={sorted(value)} />
              </Suspense>
            )}
          </Asked>
        )}
      </Asked>
    </Page>
  );
}

const sorted = (deployments: Deployment[]) => deployments.toSorted((one, other) => one.name.localeCompare(other.name));

export interface ShownProps {
  endpoint: OnlineEndpoint;
  deployments: Deployment[];
}

function Shown({ tab, ...props }: ShownProps & { tab: string }): ReactNode {
  if (tab === "test") return <Test {...props} />;
  if (tab === "consume") return <Consume {...props} />;
  if (tab === "metrics") return <Metrics {...props} />;
  if (tab === "logs") return <Logs kind="online" endpoint={props.endpoint.name} deployments={props.deployments} />;
  if (tab === "collected") return <Collected {...props} />;
  if (tab === "lineage") return <Origin collection="onlineEndpoints" name={props.endpoint.name} />;
  if (tab === "activity") return <Activity collection="onlineEndpoints" name={props.endpoint.name} />;
  return <Details {...props} />;
}

function Actions({ endpoint }: { endpoint: OnlineEndpoint }) {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const [isLeaving, setLeaving] = useState(false);
  const { name } = endpoint;
  return (
    <>
      <Button
        appearance="primary"
        icon={<Add20Regular />}
        onClick={() => navigate(`${to("endpoints", "new")}?endpoint=${encodeURIComponent(name)}`)}
      >
        {t("Add deployment")}
      </Button>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <Button icon={<MoreHorizontal20Regular />} aria-label={t("More actions")} />
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <MenuItem icon={<Delete20Regular />} onClick={() => setLeaving(true)}>
              {t("Delete endpoint")}
            </MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
      <DeleteEndpoint name={name} collection="onlineEndpoints" isOpen={isLeaving} close={() => setLeaving(false)} />
    </>
  );
}

interface DeleteProps {
  name: string;
  collection: "onlineEndpoints" | "batchEndpoints";
  isOpen: boolean;
  close: () => void;
}

/** Asks for the name, and deletes an endpoint with all that is behind it. */
export function DeleteEndpoint({ name, collection, isOpen, close }: DeleteProps) {
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const tell = useTell();
  const tellProblem = useTellProblem();
  const isBatch = collection === "batchEndpoints";
  const change = useChange<void>(async (_, { api }) => {
    await api.DELETE(`/${collection}/{name}`, { params: { path: { name } } });
    navigate(to("endpoints") + (isBatch ? "?kind=batch" : ""));
    await new Promise((resolve) => setTimeout(resolve)); // this page is gone before all is read again
  }, `/${collection}`);
  const act = async () => {
    try {
      await change.mutateAsync();
      tell({ title: t("The endpoint {{name}} is deleted.", { name }) });
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
      <Text>
        {isBatch
          ? t("Its deployments go with it. Its jobs and what they made stay.")
          : t("Its deployments and keys go with it, and nobody answers at its address any more. Models stay.")}
      </Text>
    </Confirm>
  );
}
