"""What a search for good hyperparameters runs, and what it looks for."""

from __future__ import annotations

import json
import uuid
from enum import Enum
from typing import TYPE_CHECKING, Any, Iterable, Mapping

from azureml._lazuli.declined import refusal
from azureml.core._run_metrics import key_of
from azureml.train.hyperdrive.exceptions import HyperDriveConfigException
from azureml.train.hyperdrive.policy import EarlyTerminationPolicy
from azureml.train.hyperdrive.sampling import BayesianParameterSampling, HyperParameterSampling

if TYPE_CHECKING:
    from azureml.core.experiment import Experiment
    from azureml.train.hyperdrive.run import HyperDriveRun

__all__ = ["HyperDriveConfig", "HyperDriveRunConfig", "PrimaryMetricGoal"]

RESUMED = "resume_from"
"""The property of a search that names the earlier ones it goes on from, as JSON."""
_DEFAULT_MINUTES = 10080
_MOST_MINUTES = 43200
_MOST_RESUMED = 5
_OF_A_TRIAL = ("codeId", "environmentId", "environmentVariables", "distribution", "resources")


class PrimaryMetricGoal(Enum):
    """Which way is better."""

    MAXIMIZE = "MAXIMIZE"
    MINIMIZE = "MINIMIZE"


class HyperDriveConfig:
    """A search: a script, run again and again with other arguments, and the metric that judges it.

    What runs is ``run_config`` (a :class:`~azureml.core.ScriptRunConfig`) or an ``estimator``. Its script is given
    every hyperparameter of ``hyperparameter_sampling`` as an argument behind its own, and logs ``primary_metric_name``.
    ``max_duration_minutes`` (1 to 43200) ends the search; as many runs go on at once as there are in all where
    ``max_concurrent_runs`` is not said. ``resume_from`` is one earlier :class:`HyperDriveRun` or up to five, which have
    ended: bayesian sampling learns from their trials, a policy judges beside them, and the best of them counts among
    this one's. ``custom_run_id`` is the id of the run. ``debug_flag``, which is for Azure's own service, has no effect.

    Raises :class:`HyperDriveConfigException` for what does not fit together.
    """

    def __init__(
        self,
        hyperparameter_sampling: HyperParameterSampling,
        primary_metric_name: str,
        primary_metric_goal: PrimaryMetricGoal,
        max_total_runs: int,
        max_concurrent_runs: int | None = None,
        max_duration_minutes: int = _DEFAULT_MINUTES,
        policy: EarlyTerminationPolicy | None = None,
        estimator: Any = None,
        run_config: Any = None,
        resume_from: HyperDriveRun | Iterable[HyperDriveRun] | None = None,
        resume_child_runs: Any = None,
        pipeline: Any = None,
        debug_flag: Mapping[str, Any] | None = None,
        custom_run_id: str | None = None,
    ) -> None:
        if pipeline is not None:
            raise refusal(
                "HyperDriveConfig(pipeline=…)", "Search over one script: give its ScriptRunConfig as run_config."
            )
        if resume_child_runs:
            raise refusal(
                "HyperDriveConfig(resume_child_runs=…)",
                "Name their search in resume_from, or submit a ScriptRunConfig with the arguments of such a run.",
            )
        if (estimator is None) == (run_config is None):
            raise HyperDriveConfigException("HyperDriveConfig needs one of run_config and estimator.")
        _of("hyperparameter_sampling", hyperparameter_sampling, HyperParameterSampling)
        _of("primary_metric_goal", primary_metric_goal, PrimaryMetricGoal)
        if policy is not None:
            _of("policy", policy, EarlyTerminationPolicy)
            if policy._told() and isinstance(hyperparameter_sampling, BayesianParameterSampling):
                raise HyperDriveConfigException(
                    "BayesianParameterSampling learns from whole trials: leave the policy out, or sample otherwise."
                )
        if not primary_metric_name:
            raise HyperDriveConfigException("primary_metric_name is empty; name a metric that the script logs.")
        self._hyperparameter_sampling = hyperparameter_sampling
        self._primary_metric_name = primary_metric_name
        self._primary_metric_goal = primary_metric_goal
        self._max_total_runs = _number("max_total_runs", max_total_runs)
        self._max_concurrent_runs = (
            None if max_concurrent_runs is None else _number("max_concurrent_runs", max_concurrent_runs)
        )
        self._max_duration_minutes = _number("max_duration_minutes", max_duration_minutes, _MOST_MINUTES)
        self._policy = policy
        self._estimator = estimator
        self._run_config = run_config if estimator is None else estimator
        self._resume_from = _resumed(resume_from)
        self._custom_run_id = custom_run_id

    @property
    def run_config(self) -> Any:
        """What each trial runs."""
        return self._run_config

    @property
    def estimator(self) -> Any:
        """The estimator that each trial runs; None where it is a ``run_config``."""
        return self._estimator

    @property
    def pipeline(self) -> Any:
        """None: a search here is over one script."""
        return None

    @property
    def source_directory(self) -> str:
        """The folder of the script."""
        return self._run_config.source_directory

    def _submit(
        self,
        experiment: Experiment,
        tags: Mapping[str, str] | None = None,
        run_id: str | None = None,
        display_name: str | None = None,
    ) -> HyperDriveRun:
        """Submit the search to an experiment."""
        from azureml.train.hyperdrive.run import HyperDriveRun

        name = run_id or self._custom_run_id or f"HD_{uuid.uuid4()}"
        experiment._start(name, self._job(experiment.workspace), tags, display_name)
        return HyperDriveRun(experiment, name, self)

    def _job(self, workspace: Any) -> dict[str, Any]:
        """The sweep job, as the server takes it."""
        if not hasattr(self._run_config, "_job"):
            kind = type(self._run_config).__name__
            raise HyperDriveConfigException(
                f"run_config is a {kind}, which a search cannot run; give a ScriptRunConfig."
            )
        job = self._run_config._job(workspace)
        trial = {word: job.pop(word) for word in _OF_A_TRIAL if word in job}
        trial["command"] = " ".join([job.pop("command"), *self._hyperparameter_sampling._arguments()])
        limits = self._limits((job.pop("limits", None) or {}).get("timeout"))
        earlier = {RESUMED: json.dumps(self._resume_from)} if self._resume_from else {}
        policy = self._policy and self._policy._told()
        return {
            **job,
            "jobType": "Sweep",
            "trial": trial,
            "searchSpace": self._hyperparameter_sampling.parameter_space,
            "samplingAlgorithm": self._sampling(),
            "objective": {
                "goal": self._primary_metric_goal.value.lower(),
                "primaryMetric": key_of(self._primary_metric_name),
            },
            "limits": limits,
            "properties": {**job.get("properties", {}), **earlier},
            **({"earlyTermination": policy} if policy else {}),
        }

    def _sampling(self) -> dict[str, Any]:
        """How it samples; by chance or a grid, earlier searches are told where a policy judges beside them."""
        sampling = self._hyperparameter_sampling
        learns = isinstance(sampling, BayesianParameterSampling) or (self._policy and self._policy._told())
        return {**sampling._told(), **({"warmStart": self._resume_from} if learns and self._resume_from else {})}

    def _limits(self, of_a_trial: str | None) -> dict[str, Any]:
        at_once = self._max_concurrent_runs
        return {
            "jobLimitsType": "Sweep",
            "maxTotalTrials": self._max_total_runs,
            "timeout": f"PT{self._max_duration_minutes}M",
            **({} if at_once is None else {"maxConcurrentTrials": min(at_once, self._max_total_runs)}),
            **({"trialTimeout": of_a_trial} if of_a_trial else {}),
        }


class HyperDriveRunConfig(HyperDriveConfig):
    """The older name of :class:`HyperDriveConfig`, which begins with the estimator."""

    def __init__(
        self,
        estimator: Any,
        hyperparameter_sampling: HyperParameterSampling,
        primary_metric_name: str,
        primary_metric_goal: PrimaryMetricGoal,
        max_total_runs: int,
        max_concurrent_runs: int | None = None,
        max_duration_minutes: int = _DEFAULT_MINUTES,
        policy: EarlyTerminationPolicy | None = None,
    ) -> None:
        super().__init__(
            hyperparameter_sampling,
            primary_metric_name,
            primary_metric_goal,
            max_total_runs,
            max_concurrent_runs,
            max_duration_minutes,
            policy,
            estimator,
        )


def _of(word: str, value: Any, kind: type) -> None:
    if not isinstance(value, kind):
        raise HyperDriveConfigException(f"{word} is {value!r}, which is no {kind.__name__}.")


def _number(word: str, value: Any, most: int | None = None) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1 or (most and value > most):
        upto = f"1 to {most}" if most else "1 on"
        raise HyperDriveConfigException(f"{word} is {value!r}; it is a whole number from {upto}.")
    return value


def _resumed(runs: Any) -> list[str]:
    """The ids of the searches to go on from."""
    listed = [runs] if hasattr(runs, "id") else list(runs or ())
    if len(listed) > _MOST_RESUMED:
        raise HyperDriveConfigException(
            f"resume_from names {len(listed)} runs; a search goes on from up to {_MOST_RESUMED}."
        )
    return [run.id for run in listed]
