"""Steps that run a command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable, Mapping

from azureml.pipeline.steps._script import ScriptStep

if TYPE_CHECKING:
    from azureml.core.runconfig import RunConfiguration
    from azureml.pipeline.core.graph import PipelineParameter

__all__ = ["CommandStep"]


class CommandStep(ScriptStep):
    """A command, a text or a list of words, in a folder; see :class:`PythonScriptStep` for the other words.

    Without a command it is that of the run configuration; raises ValueError where there is none either.
    """

    def __init__(
        self,
        command: list[Any] | str | None = None,
        name: str | None = None,
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
        said = getattr(runconfig, "run_config", runconfig)
        command = command or getattr(said, "command", None)
        if not command:
            raise ValueError("command is empty: give a text or a list of words, here or in the runconfig.")
        first = command.split() if isinstance(command, str) else command
        super().__init__(
            name or str(first[0]),
            command=command,
            compute_target=compute_target,
            runconfig=said,
            runconfig_pipeline_params=runconfig_pipeline_params,
            inputs=inputs,
            outputs=outputs,
            params=params,
            source_directory=source_directory or getattr(runconfig, "source_directory", None),
            allow_reuse=allow_reuse,
            version=version,
        )
