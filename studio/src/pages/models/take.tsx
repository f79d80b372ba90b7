/** Ways to take a model along: an image with its server and environment, and the commands that do the same. */
import { Button, Spinner, Text } from "@fluentui/react-components";
import { BoxArrowUp20Regular } from "@fluentui/react-icons";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useChange } from "@/api/workspace";
import { addressOf, sent } from "@/pages/assets/reads";
import { follow } from "@/pages/assets/tickets";
import { Card, Code } from "@/parts/said";
import { useTellProblem } from "@/shell/told";

const AGAIN_MS = 2_000;

export function Take({ name, version }: { name: string; version: string }) {
  const { t } = useTranslation();
  const tellProblem = useTellProblem();
  const isHere = useRef(true);
  useEffect(() => {
    isHere.current = true;
    return () => {
      isHere.current = false;
    };
  }, []);
  const take = useChange(async (_: undefined, { id }) => {
    const address = `${id}${addressOf("models", name, version)}/package`;
    while (isHere.current) {
      const said = await sent<{ state: string; url?: string }>("POST", address);
      if (said?.url) return follow(said.url, "");
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }, "/environments");
  return (
    <Card title={t("Take it along")}>
      <Text block style={{ marginBottom: 12 }}>
        {t(
          "As a folder from which docker or podman builds an image that answers: the model, a server, and what it needs.",
        )}
      </Text>
      <div style={{ display: "flex", gap: 12, alignItems: "center", marginBottom: 16 }}>
        <Button
          icon={<BoxArrowUp20Regular />}
          disabled={take.isPending}
          onClick={() => void take.mutateAsync(undefined).catch(tellProblem)}
        >
          {t("Download the package")}
        </Button>
        {take.isPending && <Spinner size="tiny" label={t("Its environment is made ready")} />}
      </div>
      <Code
        text={`lazuli model download -n ${name} -v ${version}\nlazuli model package ${name}:${version} --format oci --path ${name}.tar`}
      />
    </Card>
  );
}
