"""Steps that run a script or a command of a folder: a run of a script, with what a pipeline binds to it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Iterable, Mapping

from azureml.core.runconfig import RunConfiguration
from azureml.core.script_run_config import ScriptRunConfig
from azureml.data import _inputs
from azureml.pipeline.core._plan import StepJob
from azureml.pipeline.core.builder import PipelineStep, bound
from azureml.pipeline.core.graph import PipelineParameter

if TYPE_CHECKING:
    from azureml.pipeline.core._plan import Plan

__all__ = ["ScriptStep"]

_BOUND = {"NodeCount": ("resources", "instance_count")}
"""Which of a run's settings a parameter can stand for, and where a node says them."""


class ScriptStep(PipelineStep):
    """What steps of scripts and commands have in common."""

    def __init__(
        self,
        name: str,
        script: str | None = None,
        command: Any = None,
        arguments: Any = None,
        compute_target: Any = None,
        runconfig: RunConfiguration | None = None,
        runconfig_pipeline_params: Mapping[str, PipelineParameter] | None = None,
        inputs: Iterable[Any] | None = None,
        outputs: Iterable[Any] | None = None,
        params: Mapping[str, Any] | None = None,
        source_directory: str | None = None,
        allow_reuse: bool = True,
        version: str | None = None,
    ) -> None:
        words = command if isinstance(command, (list, tuple)) else arguments
        super().__init__(name, inputs, outputs, words if isinstance(words, (list, tuple)) else None)
        self._script = script
        self._command = command
        self._said = arguments
        self._compute_target = compute_target
        self._runconfig = runconfig
        self._runconfig_params = dict(runconfig_pipeline_params or {})
        self._params = dict(params or {})
        self._source_directory = source_directory
        self._allow_reuse = allow_reuse
        self._version = version
        unknown = sorted(self._runconfig_params.keys() - _BOUND.keys())
        if unknown:
            raise ValueError(
                f"runconfig_pipeline_params names '{unknown[0]}': a parameter can stand for {', '.join(_BOUND)}."
            )

    def _as_node(self, plan: Plan) -> dict[str, Any]:
        job = StepJob(plan, self)
        self._bind_all(job)
        for name, value in self._params.items():
            _inputs.set_variable(job, f"AML_PARAMETER_{name}", _value(value, job))
        self._config(plan)._job(plan.workspace, job)
        node = job.node()
        for word, parameter in self._runconfig_params.items():
            section, key = _BOUND[word]
            node.setdefault(section, {})[key] = plan.parameter(parameter)
        return node

    def _config(self, plan: Plan) -> ScriptRunConfig:
        """The run of a script that the step is."""
        settings = copy.copy(self._runconfig) if self._runconfig is not None else RunConfiguration()
        said, command = _bound_words(self._said), _bound_words(self._command)
        return ScriptRunConfig(
            source_directory=self._source_directory or plan.source_directory,
            script=self._script,
            arguments=said,
            run_config=settings,
            compute_target=self._compute_target,
            command=command,
        )


def _bound_words(words: Any) -> Any:
    return [bound(each) for each in words] if isinstance(words, (list, tuple)) else words


def _value(value: Any, job: StepJob) -> str:
    return f"${{{{inputs.{job.parameter(value)}}}}}" if isinstance(value, PipelineParameter) else str(value)
