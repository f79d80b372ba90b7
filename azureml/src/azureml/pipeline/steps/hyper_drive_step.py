"""Steps that search for good hyperparameters."""

from __future__ import annotations

import copy
import json
import re
import shlex
from typing import TYPE_CHECKING, Any, Iterable, Mapping

from azureml.core.runconfig import RunConfiguration
from azureml.core.script_run_config import ScriptRunConfig
from azureml.pipeline.core._plan import StepJob
from azureml.pipeline.core.builder import PipelineStep, bound
from azureml.pipeline.core.run import left_by
from azureml.train.hyperdrive.run import HyperDriveRun
from azureml.train.hyperdrive.runconfig import RESUMED, HyperDriveConfig

if TYPE_CHECKING:
    from azureml.pipeline.core._plan import Plan
    from azureml.pipeline.core.run import StepRun

__all__ = ["HyperDriveStep", "HyperDriveStepRun"]

_METRICS, _MODEL = "Metrics", "Model"
_REUSED = "azureml.reusedrunid"


class HyperDriveStep(PipelineStep):
    """A search for good hyperparameters, as a :class:`~azureml.train.hyperdrive.HyperDriveConfig` says.

    Its script is given the arguments of the configuration's ``run_config``, or of its ``estimator`` those of
    ``estimator_entry_script_arguments``, and behind them the hyperparameters. An output with a
    :class:`~azureml.pipeline.core.TrainingOutput` is left when the search is over: "Metrics" is a JSON file with what
    each trial logged, as is ``metrics_output``; "Model" is the file ``model_file`` of the best trial, or all of its
    ``outputs``. They are left by a step of their own, which follows. Other outputs are those of the best trial.
    """

    def __init__(
        self,
        name: str,
        hyperdrive_config: HyperDriveConfig,
        estimator_entry_script_arguments: list[Any] | None = None,
        inputs: Iterable[Any] | None = None,
        outputs: Iterable[Any] | None = None,
        metrics_output: Any = None,
        allow_reuse: bool = True,
        version: str | None = None,
    ) -> None:
        if not isinstance(hyperdrive_config, HyperDriveConfig):
            raise ValueError(f"hyperdrive_config is a {type(hyperdrive_config).__name__}, and no HyperDriveConfig.")
        settings = hyperdrive_config.run_config
        said = settings.arguments
        words = shlex.split(said) if isinstance(said, str) else list(said or ())
        words += estimator_entry_script_arguments or []
        written = list(outputs or ())
        left = [(each, getattr(each, "_training_output", None)) for each in written]
        left = [(each, what) for each, what in left if what is not None]
        kept = [each for each in written if getattr(each, "_training_output", None) is None]
        super().__init__(name, inputs, kept, words)
        self._config = hyperdrive_config
        self._allow_reuse = allow_reuse
        self._version = version
        metrics = [each for each, what in left if what.type == _METRICS]
        metrics += [metrics_output] if metrics_output is not None else []
        models = [(each, what.model_file) for each, what in left if what.type == _MODEL]
        self._left = _Left(self, metrics, models) if metrics or models else None

    def _as_node(self, plan: Plan) -> dict[str, Any]:
        job, config = StepJob(plan, self), self._config
        self._bind_all(job)
        settings = copy.copy(config.run_config)
        settings.arguments = [bound(each) for each in self._arguments or ()]
        settings._job(plan.workspace, job)
        node = job.node()
        space, names = config._hyperparameter_sampling, {}
        for each in space.parameter_space:
            names[each] = re.sub(r"\W", "_", each.lstrip("-"))
        words = " ".join([node.pop("_command"), *space._arguments()])
        for theirs, ours in names.items():
            words = words.replace(f"${{{{search_space.{theirs}}}}}", f"${{{{inputs.{ours}}}}}")
        timeout = (node.pop("limits", None) or {}).get("timeout")
        if self._left is not None:
            plan.beside(self._left)
        return {
            **{word: node[word] for word in node if word in _OF_A_STEP},
            "type": "sweep",
            "_trial": _trial(node, words, names.values()),
            "search_space": {names[each]: _drawn(*how) for each, how in space.parameter_space.items()},
            **_search(config, timeout),
        }


class _Left(PipelineStep):
    """What a search leaves, put where other steps find it: a step of its own, which begins when the search is over."""

    _allow_reuse = False

    def __init__(self, search: HyperDriveStep, metrics: list[Any], models: list[tuple[Any, str | None]]) -> None:
        super().__init__(left_by(search.name), outputs=[*metrics, *(each for each, _ in models)])
        self._search = search
        self._metrics = metrics
        self._models = models

    def _as_node(self, plan: Plan) -> dict[str, Any]:
        plan.beside(self._search)
        job, script = StepJob(plan, self), self._search._config.run_config
        settings = RunConfiguration()
        settings.environment, settings.target = script.run_config.environment, script.run_config.target
        words = ["python", "-m", "azureml.pipeline.steps._searched", shlex.quote(self._search.name)]
        for each in self._metrics:
            words += ["--metrics", each._bind(job)]
        for each, file in self._models:
            words += ["--model", each._bind(job), shlex.quote(file or "outputs/")]
        for each in self._outputs:
            job.write(each)
        run = ScriptRunConfig(script.source_directory, command=" ".join(words), run_config=settings)
        run._job(plan.workspace, job)
        return {**job.node(), "run_after": [plan.key(self._search)]}


class HyperDriveStepRun(HyperDriveRun):
    """The search of a step's run. Raises ValueError for the run of another kind of step."""

    def __init__(self, step_run: StepRun) -> None:
        kind = step_run._document().get("jobType")
        if kind != "Sweep":
            raise ValueError(f"The step '{step_run.name}' is no HyperDriveStep: its run is a {kind} job.")
        super().__init__(step_run.experiment, step_run.get_properties().get(_REUSED) or step_run.id)


_BETWEEN, _AROUND = ("min_value", "max_value"), ("mu", "sigma")
_WORDS: dict[str, tuple[str, ...]] = {
    "choice": ("values",),
    "randint": ("upper",),
    "uniform": _BETWEEN,
    "loguniform": _BETWEEN,
    "quniform": (*_BETWEEN, "q"),
    "qloguniform": (*_BETWEEN, "q"),
    "normal": _AROUND,
    "lognormal": _AROUND,
    "qnormal": (*_AROUND, "q"),
    "qlognormal": (*_AROUND, "q"),
}
"""What a step calls what each expression is given."""
_OF_A_STEP = ("display_name", "computeId", "inputs", "outputs", "resources", "is_deterministic")


def _trial(node: Mapping[str, Any], command: str, searched: Iterable[str]) -> dict[str, Any]:
    """The program that each trial runs, with the types of what it reads and writes."""
    ports = {name: {"type": _type(said)} for name, said in node["inputs"].items()}
    said = {
        "type": "command",
        "command": command,
        "code": node.get("codeId"),
        "environment": node.get("environmentId"),
        "environment_variables": node.get("environment_variables"),
        "distribution": node.get("distribution"),
        "inputs": {**ports, **{name: {"type": "string"} for name in searched}},
        "outputs": {name: {"type": "uri_folder"} for name in node["outputs"]},
    }
    return {word: value for word, value in said.items() if value}


def _type(said: Mapping[str, Any]) -> str:
    kind = said["job_input_type"]
    return said.get("type", "string") if kind == "literal" else kind


def _drawn(kind: str, given: list[Any]) -> dict[str, Any]:
    """How a hyperparameter is drawn, in the words of a step."""
    return {"type": kind, **dict(zip(_WORDS[kind], given))}


def _search(config: HyperDriveConfig, trial_timeout: str | None) -> dict[str, Any]:
    """How a search goes, in the words of a step."""
    sampling, limits = config._sampling(), config._limits(None)
    policy = config._policy and config._policy._told()
    kind = sampling.pop("samplingAlgorithmType")
    said: dict[str, Any] = {
        "sampling_algorithm": {"type": kind.lower(), **{_snake(word): value for word, value in sampling.items()}},
        "objective": {"goal": config._primary_metric_goal.value.lower(), "primary_metric": config._primary_metric_name},
        "limits": {_snake(word): value for word, value in limits.items() if word != "jobLimitsType"},
    }
    if policy:
        said["early_termination"] = {_snake(word): value for word, value in policy.items()}
    if config._resume_from:
        said["properties"] = {RESUMED: json.dumps(config._resume_from)}
    if trial_timeout:
        said["limits"]["trial_timeout"] = int(trial_timeout.strip("PTS"))
    return said


def _snake(word: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", r"_\1", word).lower()
