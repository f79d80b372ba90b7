/** How pages say that something is missing or went wrong, always with the way on. */
import {
  Button,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
  makeStyles,
  Text,
  tokens,
} from "@fluentui/react-components";
import { Component, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { asProblem, type Problem } from "@/api/problem";

/** A problem in the server's words, with its mend. */
export function ProblemView({ problem, retry }: { problem: Problem; retry?: () => void }) {
  const { t } = useTranslation();
  return (
    <MessageBar intent="error" layout="multiline" style={{ margin: 16 }}>
      <MessageBarBody>
        <MessageBarTitle>{problem.message}</MessageBarTitle>
        {problem.mend}
      </MessageBarBody>
      {retry && (
        <MessageBarActions>
          <Button onClick={retry}>{t("Try again")}</Button>
        </MessageBarActions>
      )}
    </MessageBar>
  );
}

/** Why what was asked for in a form was refused, brought into view; nothing where it was not. */
export function Refused({ of: error }: { of: unknown }) {
  if (!error) return null;
  const { message, mend } = asProblem(error);
  return (
    <MessageBar intent="error" layout="multiline" ref={(bar) => bar?.scrollIntoView({ block: "nearest" })}>
      <MessageBarBody>
        {message} {mend}
      </MessageBarBody>
    </MessageBar>
  );
}

const useStyles = makeStyles({
  empty: {
    display: "flex",
    flexDirection: "column",
    alignItems: "center",
    justifyContent: "center",
    gap: tokens.spacingVerticalM,
    padding: "64px 24px",
    textAlign: "center",
  },
  icon: { fontSize: "40px", color: tokens.colorBrandForeground1, lineHeight: 1 },
  hint: { maxWidth: "46ch", textAlign: "center", color: tokens.colorNeutralForeground3 },
});

/** What a page shows where there is nothing yet: what would be here, and how to make the first. */
export function Empty({
  icon,
  title,
  hint,
  children,
}: {
  icon?: ReactNode;
  title: string;
  hint?: ReactNode;
  children?: ReactNode;
}) {
  const styles = useStyles();
  return (
    <div className={styles.empty}>
      {icon && <span className={styles.icon}>{icon}</span>}
      <Text as="h2" size={500} weight="semibold" style={{ margin: 0 }}>
        {title}
      </Text>
      {hint && <Text className={styles.hint}>{hint}</Text>}
      {children}
    </div>
  );
}

/** Keeps a fault of one part from taking the whole page with it. */
export class Guard extends Component<{ children: ReactNode }, { error: unknown }> {
  state = { error: null as unknown };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  render() {
    if (!this.state.error) return this.props.children;
    return <ProblemView problem={asProblem(this.state.error)} retry={() => this.setState({ error: null })} />;
  }
}
