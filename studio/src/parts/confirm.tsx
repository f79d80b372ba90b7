/** Asks before something is done that cannot be undone. */
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
} from "@fluentui/react-components";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  title: string;
  children: ReactNode;
  /** What the button says: `Delete`. */
  verb: string;
  /** A name that must be typed before the button opens, for what takes much with it. */
  typed?: string;
  isOpen: boolean;
  close: () => void;
  /** Done where it was confirmed; the dialog closes when it has come to pass. */
  act: () => Promise<unknown>;
}

export function Confirm({ title, children, verb, typed, isOpen, close, act }: Props) {
  const { t } = useTranslation();
  const [said, setSaid] = useState("");
  const [isBusy, setBusy] = useState(false);
  const confirm = async () => {
    setBusy(true);
    try {
      await act();
      close();
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog open={isOpen} onOpenChange={(_, { open }) => open || close()} modalType="alert">
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{title}</DialogTitle>
          <DialogContent>
            {children}
            {typed && (
              <Field label={t("Type {{typed}} to go on", { typed })} style={{ marginTop: 12 }}>
                <Input value={said} onChange={(_, { value }) => setSaid(value)} />
              </Field>
            )}
          </DialogContent>
          <DialogActions>
            <Button onClick={close}>{t("Cancel")}</Button>
            <Button appearance="primary" disabled={isBusy || (typed !== undefined && said !== typed)} onClick={confirm}>
              {verb}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
