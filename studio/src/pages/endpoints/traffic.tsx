/** Shares of traffic, set together: whatever one is set to, they add up to 100. */
import {
  Button,
  Field,
  makeStyles,
  Select,
  Slider,
  SpinButton,
  Text,
  Tooltip,
  tokens,
} from "@fluentui/react-components";
import { LockClosed16Regular, LockOpen16Regular } from "@fluentui/react-icons";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useChange } from "@/api/workspace";
import { Card, Code } from "@/parts/said";
import { useTell, useTellProblem } from "@/shell/told";
import type { OnlineEndpoint } from "./reads";
import { type Shares, sameShares, sharesOf, sum, updateCommand, withShare } from "./shares";
import { colourOf, TrafficBar } from "./small";

const useStyles = makeStyles({
  rows: {
    display: "grid",
    gridTemplateColumns: "minmax(80px, max-content) minmax(120px, 1fr) 84px 32px",
    gap: "4px 12px",
    alignItems: "center",
    margin: "12px 0",
  },
  name: { display: "flex", alignItems: "center", gap: "8px", overflow: "hidden", textOverflow: "ellipsis" },
  dot: { width: "10px", height: "10px", borderRadius: "50%", flexShrink: 0 },
  mirror: { display: "flex", gap: "12px", alignItems: "flex-end", flexWrap: "wrap", marginTop: "12px" },
  foot: { display: "flex", gap: "8px", alignItems: "center", marginTop: "16px" },
  quiet: { color: tokens.colorNeutralForeground3 },
});

interface Said {
  traffic: Shares;
  mirrorTraffic: Shares;
}

export function Traffic({ endpoint, deployments }: { endpoint: OnlineEndpoint; deployments: string[] }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const tell = useTell();
  const tellProblem = useTellProblem();
  const there = sharesOf(endpoint.properties.traffic, deployments);
  const mirrored = sharesOf(endpoint.properties.mirrorTraffic, deployments);
  const [shares, setShares] = useState(there);
  const [mirror, setMirror] = useState(mirrored);
  const [locked, setLocked] = useState<ReadonlySet<string>>(new Set());
  const mark = JSON.stringify([there, mirrored]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: begun anew only where the server says something else
  useEffect(() => {
    setShares(there);
    setMirror(mirrored);
  }, [mark]);
  const change = useChange<Said>(
    (said, { api }) =>
      api.PATCH("/onlineEndpoints/{name}", {
        params: { path: { name: endpoint.name } },
        body: { properties: said } as never,
      }),
    "/onlineEndpoints",
  );
  const save = () =>
    change.mutate(
      { traffic: shares, mirrorTraffic: gone(endpoint.properties.mirrorTraffic, mirror) as Shares },
      { onSuccess: () => tell({ title: t("The traffic is shared anew.") }), onError: tellProblem },
    );
  const total = sum(shares);
  const isSame = sameShares(shares, there) && sameShares(mirror, mirrored);
  const set = (name: string, value: number) => setShares(withShare(shares, name, value, without(locked, name)));
  return (
    <Card title={t("Traffic")}>
      <TrafficBar shares={shares} order={deployments} />
      <div className={styles.rows}>
        {deployments.map((name) => (
          <Row
            key={name}
            name={name}
            colour={colourOf(deployments, name) ?? ""}
            share={shares[name] ?? 0}
            isLocked={locked.has(name)}
            set={(value) => set(name, value)}
            lock={() => setLocked(toggled(locked, name))}
          />
        ))}
      </div>
      {deployments.length > 1 && <Mirror deployments={deployments} mirror={mirror} set={setMirror} />}
      <div className={styles.foot}>
        <Button
          appearance="primary"
          disabled={isSame || change.isPending || (total !== 0 && total !== 100)}
          onClick={save}
        >
          {t("Save traffic")}
        </Button>
        <Button
          disabled={isSame || change.isPending}
          onClick={() => {
            setShares(there);
            setMirror(mirrored);
          }}
        >
          {t("Undo")}
        </Button>
        <Text size={200} className={styles.quiet}>
          {total === 100 ? t("100 % in all") : t("Nobody gets traffic; deployments answer where a request names them.")}
        </Text>
      </div>
      {!isSame && (
        <div style={{ marginTop: 12 }}>
          <Code text={updateCommand(endpoint.name, shares, sameShares(mirror, mirrored) ? null : mirror)} />
        </div>
      )}
    </Card>
  );
}

interface RowProps {
  name: string;
  colour: string;
  share: number;
  isLocked: boolean;
  set: (value: number) => void;
  lock: () => void;
}

function Row({ name, colour, share, isLocked, set, lock }: RowProps) {
  const styles = useStyles();
  const { t } = useTranslation();
  const label = t("Share of {{name}} in percent", { name });
  return (
    <>
      <span className={styles.name} title={name}>
        <span className={styles.dot} style={{ backgroundColor: colour }} aria-hidden />
        {name}
      </span>
      <Slider
        min={0}
        max={100}
        value={share}
        disabled={isLocked}
        aria-label={label}
        onChange={(_, { value }) => set(value)}
      />
      <SpinButton
        min={0}
        max={100}
        value={share}
        displayValue={`${share} %`}
        disabled={isLocked}
        aria-label={label}
        onChange={(_, { value, displayValue }) => {
          const said = value ?? Number.parseInt(displayValue ?? "", 10);
          if (!Number.isNaN(said)) set(said);
        }}
      />
      <Tooltip
        content={isLocked ? t("Let it change with the others") : t("Hold it while others change")}
        relationship="label"
      >
        <Button
          appearance="subtle"
          size="small"
          aria-pressed={isLocked}
          icon={isLocked ? <LockClosed16Regular /> : <LockOpen16Regular />}
          onClick={lock}
        />
      </Tooltip>
    </>
  );
}

function Mirror({
  deployments,
  mirror,
  set,
}: {
  deployments: string[];
  mirror: Shares;
  set: (mirror: Shares) => void;
}) {
  const styles = useStyles();
  const { t } = useTranslation();
  const [name = "", share = 0] = Object.entries(mirror).find(([, each]) => each > 0) ?? [];
  return (
    <div className={styles.mirror}>
      <Field label={t("Mirror traffic to")} hint={t("It gets copies of requests; nobody sees what it answers.")}>
        <Select
          value={name}
          onChange={(_, { value }) => set(value ? { [value]: share || 10 } : {})}
          aria-label={t("Mirror traffic to")}
        >
          <option value="">{t("Nobody")}</option>
          {deployments.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </Select>
      </Field>
      {name && (
        <Field label={t("Percent of the requests (50 at most)")}>
          <SpinButton
            min={1}
            max={50}
            value={share}
            onChange={(_, { value, displayValue }) => {
              const said = value ?? Number.parseInt(displayValue ?? "", 10);
              if (said >= 1 && said <= 50) set({ [name]: said });
            }}
          />
        </Field>
      )}
    </div>
  );
}

/** A merge patch: who is mirrored to no longer is said to be gone. */
function gone(before: Shares | undefined, after: Shares): Record<string, number | null> {
  const kept = Object.fromEntries(Object.entries(after).filter(([, share]) => share > 0));
  return { ...Object.fromEntries(Object.keys(before ?? {}).map((name) => [name, null])), ...kept };
}

function toggled(names: ReadonlySet<string>, name: string): Set<string> {
  const next = new Set(names);
  if (!next.delete(name)) next.add(name);
  return next;
}

function without(names: ReadonlySet<string>, name: string): Set<string> {
  return new Set([...names].filter((each) => each !== name));
}
