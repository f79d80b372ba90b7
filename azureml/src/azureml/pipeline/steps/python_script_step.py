"""Steps that run a Python script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable, Mapping

from azureml.pipeline.steps._script import ScriptStep

if TYPE_CHECKING:
    from azureml.core.runconfig import RunConfiguration
    from azureml.pipeline.core.graph import PipelineParameter

__all__ = ["PythonScriptStep"]


class PythonScriptStep(ScriptStep):
    """A Python script of a folder, with arguments, on a compute, in the environment of a run configuration.

    ``params`` are variables ``AML_PARAMETER_…`` of the script. With ``allow_reuse`` it is not run where an earlier step
    did the same work on the same inputs; another ``version`` is other work. The whole folder is always looked at, so
    ``hash_paths`` changes nothing.
    """

    def __init__(
        self,
        script_name: str,
        name: str | None = None,
        arguments: list[Any] | None = None,
        compute_target: Any = None,
        runconfig: RunConfiguration | None = None,
        runconfig_pipeline_params: Mapping[str, PipelineParameter] | None = None,
        inputs: Iterable[Any] | None = None,
        outputs: Iterable[Any] | None = None,
        params: Mapping[str, Any] | None = None,
        source_directory: str | None = None,
        allow_reuse: bool = True,
        version: str | None = None,
        hash_paths: Iterable[str] | None = None,
    ) -> None:
        super().__init__(
            name or script_name,
            script=script_name,
            arguments=arguments,
            compute_target=compute_target,
            runconfig=runconfig,
            runconfig_pipeline_params=runconfig_pipeline_params,
            inputs=inputs,
            outputs=outputs,
            params=params,
            source_directory=source_directory,
            allow_reuse=allow_reuse,
            version=version,
        )
