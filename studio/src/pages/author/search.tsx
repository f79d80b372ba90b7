/** How a sweep searches, in plain words: what counts as better, in which order, when a trial is given up, how many. */
import { Dropdown, MessageBar, MessageBarBody, makeStyles, Option, Text, tokens } from "@fluentui/react-components";
import { useTranslation } from "react-i18next";
import { gridOf } from "@/pages/author/drawn";
import {
  Labelled,
  NumberField,
  SwitchField,
  TextField,
  useStyles as useFieldStyles,
  WordField,
} from "@/pages/author/fields";
import { useForm, useSaid } from "@/pages/author/form";
import { at, mapOf } from "@/pages/author/schema";

const useStyles = makeStyles({
  group: { display: "grid", gap: "8px" },
  plain: { color: tokens.colorNeutralForeground3 },
});

export function Objective() {
  const { t } = useTranslation();
  const styles = useFieldStyles();
  return (
    <div className={styles.two}>
      <TextField
        path={["objective", "primary_metric"]}
        label={t("Metric")}
        isRequired
        hint={t("As the trial logs it with MLflow")}
      />
      <WordField path={["objective", "goal"]} label={t("Better is")} words={["minimize", "maximize"]} isRequired />
    </div>
  );
}

const SAMPLERS = ["random", "grid", "bayesian", "tpe", "gp", "cma_es", "nsga_ii", "qmc"];

export function Sampling() {
  const { t } = useTranslation();
  const styles = useStyles();
  const two = useFieldStyles().two;
  const { data, set } = useForm();
  const { value } = useSaid(["sampling_algorithm"]);
  const map = mapOf(value);
  const said = String((map ? map.type : value) ?? "");
  const space = mapOf(at(data, ["search_space"])) ?? {};
  const words: Record<string, string> = {
    random: t("Draws every trial by itself. A good start, and many trials may run at once."),
    grid: t("Tries every combination. Every hyperparameter is a choice."),
    bayesian: t("Learns from the trials before. Best with few at once, and twenty trials for each hyperparameter."),
    tpe: t("Learns from the trials before, from any distribution; takes many hyperparameters well."),
    gp: t("Learns with a Gaussian process; best with few hyperparameters, needs PyTorch."),
    cma_es: t("Moves a cloud of points towards the best; for numbers, with many trials."),
    nsga_ii: t("Breeds the best trials with one another; for many trials at once."),
    qmc: t("Spreads the points evenly over the space."),
  };
  const count = gridOf(space);
  const choose = (word: string) =>
    map ? set(["sampling_algorithm", "type"], word) : set(["sampling_algorithm"], word);
  const seed = map?.seed;
  return (
    <div className={styles.group}>
      <div className={two}>
        <Labelled path={["sampling_algorithm"]} label={t("Sampling")} isRequired>
          <Dropdown
            value={said}
            selectedOptions={[said]}
            onOptionSelect={(_, { optionValue }) => choose(optionValue ?? "random")}
          >
            {SAMPLERS.map((word) => (
              <Option key={word}>{word}</Option>
            ))}
          </Dropdown>
        </Labelled>
        <Seed type={said} seed={seed} />
      </div>
      <Text size={200} className={styles.plain}>
        {words[said]} {said === "grid" && count !== null && t("Here that is {{count}} combinations.", { count })}
      </Text>
      {said === "grid" && count === null && (
        <MessageBar intent="warning">
          <MessageBarBody>{t("A grid takes choices only.")}</MessageBarBody>
        </MessageBar>
      )}
    </div>
  );
}

/** A seed makes a mapping of the word. */
function Seed({ type, seed }: { type: string; seed: unknown }) {
  const { t } = useTranslation();
  const { set } = useForm();
  const isMap = seed !== undefined;
  return (
    <Labelled path={["sampling_algorithm", "seed"]} label={t("Seed")}>
      <Dropdown
        value={isMap ? String(seed) : t("A new one each time")}
        selectedOptions={[isMap ? "same" : "new"]}
        onOptionSelect={(_, { optionValue }) =>
          set(["sampling_algorithm"], optionValue === "same" ? { type: type || "random", seed: 42 } : type || "random")
        }
      >
        <Option value="new">{t("A new one each time")}</Option>
        <Option value="same" text="42">
          {t("The same trials each time")}
        </Option>
      </Dropdown>
    </Labelled>
  );
}

export function Early() {
  const { t } = useTranslation();
  const styles = useStyles();
  const two = useFieldStyles().two;
  const { data } = useForm();
  const { value, set } = useSaid(["early_termination"]);
  const policy = mapOf(value);
  const type = String(policy?.type ?? "none");
  const sampling = at(data, ["sampling_algorithm"]);
  const isBayesian = (mapOf(sampling)?.type ?? sampling) === "bayesian";
  const words: Record<string, string> = {
    none: t("Every trial runs to its end."),
    bandit: t("Gives a trial up that lies further behind the best than the slack allows."),
    median_stopping: t("Gives a trial up whose best is worse than the median of the running averages."),
    truncation_selection: t("Gives up the worst share of the trials at each look."),
  };
  const begin: Record<string, object> = {
    bandit: { slack_factor: 0.1 },
    median_stopping: {},
    truncation_selection: { truncation_percentage: 20 },
  };
  const shared = {
    evaluation_interval: policy?.evaluation_interval ?? 1,
    delay_evaluation: policy?.delay_evaluation ?? 5,
  };
  const choose = (word: string) => set(word === "none" ? undefined : { type: word, ...begin[word], ...shared });
  return (
    <div className={styles.group}>
      <Labelled path={["early_termination"]} label={t("Early termination")}>
        <Dropdown
          value={type === "none" ? t("None") : type}
          selectedOptions={[type]}
          onOptionSelect={(_, { optionValue }) => choose(optionValue ?? "none")}
        >
          <Option value="none">{t("None")}</Option>
          <Option value="bandit">bandit</Option>
          <Option value="median_stopping">median_stopping</Option>
          <Option value="truncation_selection">truncation_selection</Option>
        </Dropdown>
      </Labelled>
      <Text size={200} className={styles.plain}>
        {words[type]}
      </Text>
      {policy && isBayesian && (
        <MessageBar intent="warning">
          <MessageBarBody>{t("Bayesian sampling takes no early termination.")}</MessageBarBody>
        </MessageBar>
      )}
      {type === "bandit" && (
        <div className={two}>
          <NumberField
            path={["early_termination", "slack_factor"]}
            label={t("Slack as a share")}
            isWhole={false}
            hint={t("0.1: nine tenths of the best will do")}
          />
          <NumberField path={["early_termination", "slack_amount"]} label={t("or as an amount")} isWhole={false} />
        </div>
      )}
      {type === "truncation_selection" && (
        <div className={two}>
          <NumberField path={["early_termination", "truncation_percentage"]} label={t("Share given up, in percent")} />
          <SwitchField path={["early_termination", "exclude_finished_jobs"]} label={t("Only among trials that run")} />
        </div>
      )}
      {policy && (
        <div className={two}>
          <NumberField
            path={["early_termination", "evaluation_interval"]}
            label={t("Looks after every … values")}
            hint={t("One value is one logging of the metric")}
          />
          <NumberField path={["early_termination", "delay_evaluation"]} label={t("and not before … values")} />
        </div>
      )}
    </div>
  );
}

export function Limits() {
  const { t } = useTranslation();
  const styles = useFieldStyles();
  const { data } = useForm();
  const [total, atOnce] = ["max_total_trials", "max_concurrent_trials"].map((word) =>
    Number(at(data, ["limits", word]) ?? Number.NaN),
  );
  const isMore = (atOnce ?? 0) > (total ?? 0);
  return (
    <>
      <div className={styles.two}>
        <NumberField path={["limits", "max_total_trials"]} label={t("Trials in all")} placeholder="1000" />
        <NumberField
          path={["limits", "max_concurrent_trials"]}
          label={t("At once")}
          hint={isMore ? t("More than there are in all") : undefined}
        />
      </div>
      <div className={styles.two}>
        <NumberField path={["limits", "timeout"]} label={t("Seconds for the sweep")} />
        <NumberField path={["limits", "trial_timeout"]} label={t("Seconds for a trial")} />
      </div>
    </>
  );
}
