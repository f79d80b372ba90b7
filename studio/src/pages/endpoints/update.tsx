/** Changes what can be changed of a deployment while it answers: instances, scaling, requests, probes. */
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
} from "@fluentui/react-components";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useChange } from "@/api/workspace";
import { Refused } from "@/parts/problem";
import { useTell } from "@/shell/told";
import { type Running, runningOf, runningPatch } from "./documents";
import type { Deployment } from "./reads";
import { RunningFields } from "./running";

const useStyles = makeStyles({ surface: { maxWidth: "720px" } });

export function Update({
  endpoint,
  deployment,
  close,
}: {
  endpoint: string;
  deployment: Deployment;
  close: () => void;
}) {
  const { t } = useTranslation();
  const styles = useStyles();
  const tell = useTell();
  const [said, setSaid] = useState<Running>(() => runningOf(deployment));
  const change = useChange<Running>(
    (running, { api }) =>
      api.PATCH("/onlineEndpoints/{name}/deployments/{version}", {
        params: { path: { name: endpoint, version: deployment.name } },
        body: runningPatch(runningOf(deployment), running) as never,
      }),
    "/onlineEndpoints",
  );
  const save = () =>
    change.mutate(said, {
      onSuccess: () => {
        tell({ title: t("{{name}} is being updated.", { name: deployment.name }) });
        close();
      },
    });
  return (
    <Dialog open onOpenChange={(_, { open }) => open || close()}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>{t("Update {{name}}", { name: deployment.name })}</DialogTitle>
          <DialogContent style={{ display: "grid", gap: 12 }}>
            <RunningFields said={said} set={setSaid} />
            <Refused of={change.error} />
          </DialogContent>
          <DialogActions>
            <Button onClick={close}>{t("Cancel")}</Button>
            <Button appearance="primary" disabled={change.isPending} onClick={save}>
              {t("Update")}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
