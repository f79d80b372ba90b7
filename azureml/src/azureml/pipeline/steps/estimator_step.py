"""Steps that run an estimator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable, Mapping

from azureml.core.script_run_config import ScriptRunConfig
from azureml.pipeline.steps._script import ScriptStep

if TYPE_CHECKING:
    from azureml.pipeline.core.graph import PipelineParameter

__all__ = ["EstimatorStep"]


class EstimatorStep(ScriptStep):
    """The script of an estimator, with arguments of its own. Use :class:`PythonScriptStep` today.

    Raises ValueError for what is no estimator, and for one that has ``script_params``: the arguments of a step are
    ``estimator_entry_script_arguments``.
    """

    def __init__(
        self,
        name: str | None = None,
        estimator: Any = None,
        estimator_entry_script_arguments: list[Any] | None = None,
        runconfig_pipeline_params: Mapping[str, PipelineParameter] | None = None,
        inputs: Iterable[Any] | None = None,
        outputs: Iterable[Any] | None = None,
        compute_target: Any = None,
        allow_reuse: bool = True,
        version: str | None = None,
    ) -> None:
        if not isinstance(estimator, ScriptRunConfig):
            raise ValueError(f"estimator is a {type(estimator).__name__}; it is an Estimator, PyTorch, TensorFlow….")
        if estimator.arguments:
            raise ValueError(
                "The estimator has script_params, which a step does not take: give their words as "
                "estimator_entry_script_arguments."
            )
        super().__init__(
            name or str(estimator.script),
            script=estimator.script,
            arguments=list(estimator_entry_script_arguments or ()),
            compute_target=compute_target,
            runconfig=estimator.run_config,
            runconfig_pipeline_params=runconfig_pipeline_params,
            inputs=inputs,
            outputs=outputs,
            source_directory=estimator.source_directory,
            allow_reuse=allow_reuse,
            version=version,
        )
