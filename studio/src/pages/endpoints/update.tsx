/** Changes what can be changed of a deployment while it answers: instances, scaling, requests, probes. */
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  MessageBar,
  MessageBarBody,
  makeStyles,
} from "@fluentui/react-components";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "@/api/problem";
import { useChange } from "@/api/workspace";
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
  const problem = change.error ? asProblem(change.error) : null;
  return (
    <Dialog open onOpenChange={(_, { open }) => open || close()}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>{t("Update {{name}}", { name: deployment.name })}</DialogTitle>
          <DialogContent>
            <RunningFields said={said} set={setSaid} />
            {problem && (
              <MessageBar intent="error" layout="multiline" style={{ marginTop: 12 }}>
                <MessageBarBody>
                  {problem.message} {problem.mend}
                </MessageBarBody>
              </MessageBar>
            )}
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
