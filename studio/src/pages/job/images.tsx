/** The pictures a job has logged, step by step, and its figures. */
import {
  Button,
  Card,
  Dialog,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  Slider,
  Text,
  tokens,
} from "@fluentui/react-components";
import { ArrowDownload20Regular, Dismiss20Regular, ImageMultiple24Regular } from "@fluentui/react-icons";
import { type KeyboardEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useWorkspace } from "@/api/workspace";
import { type Chart, type Shot, useCharts } from "@/pages/job/chartsOf";
import { download, useTicket } from "@/pages/job/files";
import { Asked } from "@/parts/asked";
import { Empty } from "@/parts/problem";
import { useTellProblem } from "@/shell/told";

const useStyles = makeStyles({
  grid: { display: "grid", gap: "12px", gridTemplateColumns: "repeat(auto-fill, minmax(240px, 1fr))" },
  frame: {
    height: "180px",
    display: "grid",
    placeItems: "center",
    backgroundColor: tokens.colorNeutralBackground3,
    borderRadius: tokens.borderRadiusMedium,
    overflow: "hidden",
    "& img": { maxWidth: "100%", maxHeight: "180px", objectFit: "contain", imageRendering: "auto" },
  },
  name: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  said: { color: tokens.colorNeutralForeground3, fontVariantNumeric: "tabular-nums" },
  box: { maxWidth: "min(1200px, 94vw)", width: "94vw" },
  large: {
    display: "grid",
    placeItems: "center",
    height: "62vh",
    backgroundColor: tokens.colorNeutralBackground3,
    borderRadius: tokens.borderRadiusMedium,
    "& img": { maxWidth: "100%", maxHeight: "62vh", objectFit: "contain", minWidth: "30%" },
  },
  steps: { display: "flex", alignItems: "center", gap: "12px", marginTop: "8px" },
});

export default function Images({ name }: { name: string }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const query = useCharts(name);
  const [open, setOpen] = useState<string | null>(null);
  return (
    <Asked of={query}>
      {({ value }) => {
        const pictures = value.filter(
          ({ kind, path }) => kind === "image" || (kind === "figure" && !path.endsWith(".pdf")),
        );
        if (!pictures.length)
          return (
            <Empty
              icon={<ImageMultiple24Regular />}
              title={t("No images")}
              hint={t("What a job logs with mlflow.log_image and mlflow.log_figure is shown here.")}
            />
          );
        const chosen = pictures.find(({ path, name }) => (name || path) === open);
        return (
          <>
            <div className={styles.grid}>
              {pictures.map((picture) => (
                <Picture
                  key={picture.path}
                  run={name}
                  picture={picture}
                  open={() => setOpen(picture.name || picture.path)}
                />
              ))}
            </div>
            {chosen && <Lightbox run={name} picture={chosen} close={() => setOpen(null)} />}
          </>
        );
      }}
    </Asked>
  );
}

const shotsOf = ({ path, shots }: Chart): Shot[] =>
  shots.length ? shots : [{ path, step: 0, time: 0, thumbnail: null }];

function Picture({ run, picture, open }: { run: string; picture: Chart; open: () => void }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const last = shotsOf(picture).at(-1) as Shot;
  const ticket = useTicket(run, last.thumbnail ?? last.path);
  const pressed = ({ key }: KeyboardEvent) => key === "Enter" && open();
  return (
    <Card onClick={open} onKeyDown={pressed} focusMode="no-tab" aria-label={picture.name}>
      <div className={styles.frame}>
        {ticket.data && <img src={ticket.data.url} alt={picture.name} loading="lazy" />}
      </div>
      <div>
        <Text block weight="semibold" className={styles.name} title={picture.name}>
          {picture.name}
        </Text>
        <Text size={200} className={styles.said}>
          {picture.shots.length > 1
            ? t("{{count}} steps, up to {{step}}", { count: picture.shots.length, step: last.step })
            : picture.shots.length
              ? t("step {{step}}", { step: last.step })
              : t("figure")}
        </Text>
      </div>
    </Card>
  );
}

function Lightbox({ run, picture, close }: { run: string; picture: Chart; close: () => void }) {
  const styles = useStyles();
  const { t, i18n } = useTranslation();
  const { id } = useWorkspace();
  const tellProblem = useTellProblem();
  const shots = shotsOf(picture);
  const [at, setAt] = useState(shots.length - 1);
  const shot = shots[Math.min(at, shots.length - 1)] as Shot;
  const ticket = useTicket(run, shot.path);
  const pressed = ({ key }: KeyboardEvent) => {
    if (key === "ArrowLeft") setAt(Math.max(0, at - 1));
    if (key === "ArrowRight") setAt(Math.min(shots.length - 1, at + 1));
  };
  return (
    <Dialog open onOpenChange={(_, { open }) => open || close()}>
      <DialogSurface className={styles.box} onKeyDown={pressed}>
        <DialogBody>
          <DialogTitle
            action={
              <>
                <Button
                  appearance="subtle"
                  icon={<ArrowDownload20Regular />}
                  aria-label={t("Download")}
                  onClick={() => void download(id, run, shot.path).catch(tellProblem)}
                />
                <Button appearance="subtle" icon={<Dismiss20Regular />} aria-label={t("Close")} onClick={close} />
              </>
            }
          >
            {picture.name}
          </DialogTitle>
          <DialogContent>
            <div className={styles.large}>{ticket.data && <img src={ticket.data.url} alt={picture.name} />}</div>
            {shots.length > 1 && (
              <div className={styles.steps}>
                <Slider
                  style={{ flex: 1 }}
                  aria-label={t("Step")}
                  min={0}
                  max={shots.length - 1}
                  value={at}
                  onChange={(_, { value }) => setAt(value)}
                />
                <Text className={styles.said}>
                  {t("step {{step}}", { step: shot.step })} · {new Date(shot.time).toLocaleString(i18n.language)}
                </Text>
              </div>
            )}
          </DialogContent>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
