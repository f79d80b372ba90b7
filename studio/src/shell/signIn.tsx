/** The door: opened by a one-time link from the command line, or by a token. */
import { Button, Card, Field, Image, Input, makeStyles, Spinner, Text, tokens } from "@fluentui/react-components";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useNavigate } from "react-router";
import { asProblem } from "@/api/problem";
import { signIn } from "@/api/session";
import { Code } from "@/parts/said";

const useStyles = makeStyles({
  place: { height: "100%", display: "grid", placeItems: "center", backgroundColor: tokens.colorNeutralBackground3 },
  card: { width: "400px", padding: "32px", gap: "20px" },
  head: { display: "flex", alignItems: "center", gap: "12px" },
  form: { display: "grid", gap: "16px" },
});

export default function SignIn() {
  const styles = useStyles();
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { state, hash } = useLocation();
  const code = useRef(new URLSearchParams(hash.slice(1)).get("code"));
  const [token, setToken] = useState("");
  const [wrong, setWrong] = useState("");
  const [isBusy, setBusy] = useState(Boolean(code.current));
  const enter = async (said: { code: string } | { token: string }) => {
    setBusy(true);
    setWrong("");
    try {
      queries.setQueryData(["session"], await signIn(said));
      navigate(typeof state?.from === "string" ? state.from : "/", { replace: true });
    } catch (error) {
      const problem = asProblem(error);
      setWrong(`${problem.message} ${problem.mend}`.trim());
      setBusy(false);
    }
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: a one-time code is used one time
  useEffect(() => {
    document.title = "Lazuli Studio";
    const said = code.current;
    code.current = null;
    if (said) {
      history.replaceState(history.state, "", location.pathname); // a used code stays in no history
      void enter({ code: said });
    }
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void enter({ token: token.trim() });
  };
  return (
    <main className={styles.place}>
      <Card className={styles.card}>
        <div className={styles.head}>
          <Image src="/studio/mark.svg" width={36} height={36} alt="" />
          <Text as="h1" size={600} weight="semibold" style={{ margin: 0 }}>
            Lazuli Studio
          </Text>
        </div>
        {isBusy ? (
          <Spinner label={t("Signing in…")} />
        ) : (
          <form onSubmit={submit} className={styles.form}>
            <Text>{t("Open the link that this prints on the server's machine:")}</Text>
            <Code text="lazuli studio" />
            <Field
              label={t("Or sign in with a token")}
              validationMessage={wrong || undefined}
              validationState={wrong ? "error" : "none"}
            >
              <Input type="password" autoComplete="off" value={token} onChange={(_, { value }) => setToken(value)} />
            </Field>
            <Button type="submit" appearance="primary" disabled={!token.trim()}>
              {t("Sign in")}
            </Button>
          </form>
        )}
      </Card>
    </main>
  );
}
