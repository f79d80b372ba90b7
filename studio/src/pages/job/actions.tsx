/** What one can do with a job. */
import {
  Button,
  Menu,
  MenuDivider,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Tooltip,
} from "@fluentui/react-components";
import {
  Archive20Regular,
  ArrowRepeatAll20Regular,
  ArrowSplit20Regular,
  Cube20Regular,
  Delete20Regular,
  DismissCircle20Regular,
  DocumentEdit20Regular,
  MoreHorizontal20Regular,
  Open20Regular,
  Share20Regular,
} from "@fluentui/react-icons";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useSearchParams } from "react-router";
import { fetched } from "@/api/client";
import { useChange, useWorkspace } from "@/api/workspace";
import { isOver, useJob } from "@/pages/job/job";
import { Confirm } from "@/parts/confirm";
import { useTell, useTellProblem } from "@/shell/told";

const Register = lazy(() => import("@/pages/job/register"));
const OURS = new Set(["Studio", "Tracking"]);

export function Actions() {
  const { name, job } = useJob();
  const { t } = useTranslation();
  const { to } = useWorkspace();
  const navigate = useNavigate();
  const tell = useTell();
  const [address] = useSearchParams();
  const [asks, setAsks] = useState<"" | "cancel" | "delete" | "register">(address.has("register") ? "register" : "");
  const act = useActs();
  const close = () => setAsks("");
  const over = isOver(job.properties.status);
  const services = Object.entries(job.properties.services ?? {}).filter(([kind]) => !OURS.has(kind));
  const share = async () => {
    await navigator.clipboard.writeText(location.href);
    tell({ title: t("The link is copied"), body: t("Whoever may read this workspace can open it.") });
  };
  const edit = () => navigate(`${to("new")}?from=${encodeURIComponent(name)}`);
  return (
    <>
      {services.map(([service, { status }]) => (
        <Button
          key={service}
          icon={<Open20Regular />}
          disabled={status !== "Running"}
          onClick={() => act.open(service)}
        >
          {service}
        </Button>
      ))}
      {over ? (
        <Button appearance="primary" icon={<ArrowRepeatAll20Regular />} onClick={act.resubmit}>
          {t("Resubmit")}
        </Button>
      ) : (
        <Button
          icon={<DismissCircle20Regular />}
          onClick={() => setAsks("cancel")}
          disabled={isEnding(job.properties.status)}
        >
          {t("Cancel job")}
        </Button>
      )}
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <Tooltip content={t("More actions")} relationship="label">
            <Button appearance="subtle" icon={<MoreHorizontal20Regular />} />
          </Tooltip>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {!over && (
              <MenuItem icon={<ArrowRepeatAll20Regular />} onClick={act.resubmit}>
                {t("Resubmit")}
              </MenuItem>
            )}
            <MenuItem icon={<DocumentEdit20Regular />} onClick={edit}>
              {t("Edit and resubmit")}
            </MenuItem>
            <MenuItem icon={<Cube20Regular />} onClick={() => setAsks("register")}>
              {t("Register model")}
            </MenuItem>
            <MenuItem
              icon={<ArrowSplit20Regular />}
              onClick={() => navigate(`${to("compare")}?runs=${encodeURIComponent(name)}`)}
            >
              {t("Compare with…")}
            </MenuItem>
            <MenuItem icon={<Share20Regular />} onClick={share}>
              {t("Copy link")}
            </MenuItem>
            <MenuDivider />
            <MenuItem icon={<Archive20Regular />} onClick={act.archive}>
              {job.properties.isArchived ? t("Restore") : t("Archive")}
            </MenuItem>
            <MenuItem icon={<Delete20Regular />} onClick={() => setAsks("delete")} disabled={!over}>
              {t("Delete")}
            </MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
      <Confirm
        title={t("Cancel this job?")}
        verb={t("Cancel job")}
        isOpen={asks === "cancel"}
        close={close}
        act={act.cancel}
      >
        {t("It is stopped, and its children with it. What it wrote so far is kept.")}
      </Confirm>
      <Confirm
        title={t("Delete this job?")}
        verb={t("Delete")}
        isOpen={asks === "delete"}
        close={close}
        act={act.remove}
      >
        {t("{{name}} goes with its logs, metrics and files. Models and data that were made of it stay.", { name })}
      </Confirm>
      {asks === "register" && (
        <Suspense>
          <Register close={close} />
        </Suspense>
      )}
    </>
  );
}

const isEnding = (status: string | null | undefined) => status === "CancelRequested" || status === "Finalizing";

/** The actions themselves; each tells what it did, or what failed. */
function useActs() {
  const { name, job } = useJob();
  const { t } = useTranslation();
  const { id, to } = useWorkspace();
  const navigate = useNavigate();
  const tell = useTell();
  const tellProblem = useTellProblem();
  const path = { name };
  const told =
    (act: () => Promise<unknown>): (() => Promise<void>) =>
    async () => {
      try {
        await act();
      } catch (error) {
        tellProblem(error);
      }
    };
  const cancel = useChange((_: undefined, { api }) => api.POST("/jobs/{name}/cancel", { params: { path } }), "/job");
  const remove = useChange((_: undefined, { api }) => api.DELETE("/jobs/{name}", { params: { path } }), "/jobTable");
  const change = useChange(
    (properties: object, { api }) => api.PATCH("/jobs/{name}", { params: { path }, body: { properties } } as never),
    "/job",
  );
  const again = useChange(async () => {
    const text = await (await fetched(`${id}/jobs/${encodeURIComponent(name)}/file`)).text();
    const said = { method: "POST", body: text, headers: { "Content-Type": "application/yaml" } };
    return (await (await fetched(`${id}/jobFile`, said)).json()) as { name: string };
  }, "/job");
  return {
    cancel: told(() => cancel.mutateAsync(undefined)),
    remove: told(async () => {
      await remove.mutateAsync(undefined);
      tell({ title: t("{{name}} is deleted", { name }) });
      navigate(to("jobs"));
    }),
    archive: told(() => change.mutateAsync({ isArchived: !job.properties.isArchived })),
    resubmit: told(async () => {
      const made = await again.mutateAsync(undefined);
      tell({ title: t("{{name}} is submitted", { name: made.name }) });
      navigate(to("jobs", made.name, "overview"));
    }),
    open: (service: string) =>
      told(async () => {
        const address = `/history/v1.0${id}/runs/${encodeURIComponent(name)}/serviceinstances/0`;
        const { instances } = await (await fetched(address)).json();
        const place: string | undefined = instances?.[service]?.endpoint;
        if (place && /^https?:/.test(place)) window.open(place, "_blank", "noopener,noreferrer");
        else tell({ title: t("{{name}} does not answer yet", { name: service }), intent: "warning" });
      })(),
  };
}
