"""What pipelines are made of: steps, their order, and what they hand on to each other."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any, Iterable, NamedTuple, Sequence

from azureml.data import _inputs
from azureml.data.output_dataset_config import OutputDatasetConfig

if TYPE_CHECKING:
    from azureml.data.azure_storage_datastore import AbstractDatastore
    from azureml.pipeline.core._plan import Plan, StepJob
    from azureml.pipeline.core.graph import TrainingOutput
    from azureml.pipeline.core.pipeline_output_dataset import PipelineOutputFileDataset

__all__ = ["PipelineData", "PipelineStep", "StepSequence"]

_OUTPUT_MODES = {"mount": "ReadWriteMount", "upload": "Upload", "direct": "Direct"}


class PipelineStep:
    """A step: what it reads, what it writes, and which steps it waits for.

    Kinds of step say in :meth:`_as_node` what they are in a pipeline's job.
    """

    _allow_reuse = True
    _version: Any = None

    def __init__(
        self,
        name: str,
        inputs: Iterable[Any] | None = None,
        outputs: Iterable[Any] | None = None,
        arguments: Any = None,
        fix_port_name_collisions: bool = False,
        resource_inputs: Iterable[Any] | None = None,
    ) -> None:
        self.name = name
        self._inputs = [*_listed(inputs, "inputs"), *_listed(resource_inputs, "resource_inputs")]
        self._arguments = arguments
        self._outputs = _unique([*_listed(outputs, "outputs"), *_outputs_in(arguments)])
        self._after: list[PipelineStep] = []
        for each in self._outputs:
            each._written.step = self

    def run_after(self, step: PipelineStep) -> None:
        """Begin only after another step has completed, though nothing of it is read."""
        self._after.append(step)

    def _as_node(self, plan: Plan) -> dict[str, Any]:
        """The node that the step is in the job of a pipeline, in the words of REST."""
        raise NotImplementedError(f"A {type(self).__name__} cannot be a step of a pipeline. Use PythonScriptStep.")

    def _bind_all(self, job: StepJob) -> None:
        """Bind what the step reads and writes, so that a script finds also what no argument names."""
        for each in self._outputs:
            job.write(each)
        for each in self._inputs:
            bound(each)._bind(job)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} '{self.name}'>"


class StepSequence:
    """Steps, or lists of steps, that run one after another; the steps of one list run beside each other."""

    def __init__(self, steps: Iterable[Any] | None = None) -> None:
        self._steps = list(steps or ())

    @property
    def steps(self) -> list[Any]:
        """The steps and lists of steps."""
        return self._steps

    def __iter__(self) -> Any:
        return iter(self._steps)

    def __len__(self) -> int:
        return len(self._steps)


class _Registered(NamedTuple):
    """What an output becomes when its step has completed: an asset, and the definition of the table that it is."""

    name: str
    table: str = ""


class PipelineData:
    """What one step writes and others read: a file or a folder at a path that the script is given.

    ``output_mode`` is "mount" or "upload". With ``pipeline_output_name`` it is an output of the pipeline as well, for
    :meth:`PipelineRun.get_pipeline_output`. With ``output_path_on_compute`` the script is given that path in the folder
    that it works in, and what it leaves there is kept; one elsewhere has no effect, for jobs share a machine.

    Whether it is a file or a folder the script decides: its path is not there before, so ``is_directory`` and
    ``data_type`` change nothing, nor does ``output_overwrite``: each run has a place of its own. Raises ValueError for
    a name with anything but letters, digits and underscores.
    """

    def __init__(
        self,
        name: str,
        datastore: AbstractDatastore | None = None,
        output_name: str | None = None,
        output_mode: str = "mount",
        output_path_on_compute: str | None = None,
        output_overwrite: bool | None = None,
        data_type: Any = None,
        is_directory: bool | None = None,
        pipeline_output_name: str | None = None,
        training_output: TrainingOutput | None = None,
    ) -> None:
        for word, value in (("name", name), ("output_name", output_name or name)):
            if not re.fullmatch(r"\w+", value or ""):
                raise ValueError(f"{word} is '{value}': it has letters, digits and underscores only.")
        if output_mode not in _OUTPUT_MODES:
            raise ValueError(f"output_mode is '{output_mode}': it is one of {', '.join(_OUTPUT_MODES)}.")
        self._name = name
        self._output_name = output_name or name
        self._output_mode = output_mode
        self._datastore = datastore
        self._path_on_compute = output_path_on_compute
        self._overwrite = output_overwrite
        self._data_type = data_type
        self._is_directory = is_directory
        self._pipeline_output_name = pipeline_output_name
        self._training_output = training_output
        self._registered: _Registered | None = None
        self._input_name = name
        self._input_mode = "mount"
        self._input_path: str | None = None
        self._written = _inputs.Written()

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    @property
    def datastore(self) -> AbstractDatastore | None:
        """The datastore on which it is kept; None for the pipeline's default."""
        return self._datastore

    @property
    def data_type(self) -> Any:
        """What it was said to hold."""
        return self._data_type

    @property
    def pipeline_output_name(self) -> str | None:
        """The name under which it is an output of the pipeline; None where it is none."""
        return self._pipeline_output_name

    def as_input(self, input_name: str) -> PipelineData:
        """The same, as the input of a step under another name."""
        return self._as("mount", input_name)

    def as_mount(self, input_name: str | None = None) -> PipelineData:
        """The same, as an input that a step sees where it lies."""
        return self._as("mount", input_name)

    def as_download(
        self, input_name: str | None = None, path_on_compute: str | None = None, overwrite: bool | None = None
    ) -> PipelineData:
        """The same, as an input that is copied for a step."""
        return self._as("download", input_name, path_on_compute)

    def as_dataset(self) -> PipelineOutputFileDataset:
        """The same as a dataset."""
        from azureml.pipeline.core.pipeline_output_dataset import PipelineOutputFileDataset

        return PipelineOutputFileDataset(self)

    def _register(self, name: str, table: str) -> None:
        """Make what is written an asset of this name; its path is then that of a folder which is there."""
        self._registered = _Registered(name, table)

    def get_env_variable_name(self) -> str:
        """The variable in which a script finds the path."""
        return f"AZUREML_DATAREFERENCE_{self._name}"

    def _as(self, mode: str, name: str | None, path: str | None = None) -> PipelineData:
        made = copy.copy(self)
        made._input_mode, made._input_name, made._input_path = mode, name or self._input_name, path
        return made

    def _bind(self, job: Any) -> str:
        """Bind it to a step's job; what stands for its path in a command.

        The path is one below the folder that is kept: it is free for a file as well as for a folder.
        """
        if not hasattr(job, "plan"):
            return _inputs.read(job, self, self._input_name, self._input_mode)
        if not self._is_written_by(job):
            variable = f"AZUREML_DATAREFERENCE_{self._input_name}"
            binding = job.read(self, self._input_name, self._input_mode, variable)
            return _inputs.link(job, binding, self._input_path)
        path = self._write(job)
        return str(job.keep(self._path_on_compute, path)) if _inputs.is_below(self._path_on_compute) else path

    def _is_written_by(self, job: Any) -> bool:
        """Whether a job is that of the step which writes it."""
        return hasattr(job, "plan") and job.plan.writes(job.step, self._written)

    def _write(self, job: StepJob) -> str:
        """Add the output to the job of the step that writes it; the binding of its path."""
        name = self._output_name
        folder = f"${{{{outputs.{name}}}}}"
        path = folder if self._registered else f"{folder}/{name}"
        if name in job["outputs"]:
            return path
        said: dict[str, Any] = {"jobOutputType": "uri_folder", "mode": _OUTPUT_MODES[self._output_mode]}
        if self._datastore is not None:
            said["uri"] = self._datastore._uri(f"azureml/${{{{name}}}}/{name}/")
        if self._registered:
            said["assetName"] = self._registered.name
        if self._registered and self._registered.table:
            said["jobOutputType"] = "mltable"
            _inputs.leave(job, folder, "MLTable", self._registered.table)
        if self._pipeline_output_name:
            said = job.promote(name, self._pipeline_output_name, said)
        _inputs.add(job, "outputs", name, said)
        _inputs.set_variable(job, self.get_env_variable_name(), path)
        return path

    def _bind_as_input(self, job: Any, name: str, mode: str) -> str:
        return _inputs.read(job, self, name, mode)

    def __str__(self) -> str:
        return f"$AZUREML_DATAREFERENCE_{self._name}"

    __repr__ = __str__


class _OfPath:
    """A parameter whose value is a path, with how a step comes to what lies there."""

    def __init__(self, parameter: Any, how: Any) -> None:
        self._parameter = parameter
        self._how = how

    def _bind(self, job: Any) -> str:
        return str(self._parameter._bind_path(job, self._how.mode))


def bound(thing: Any) -> Any:
    """What a step is given, as something that can be bound to its job."""
    from azureml.data.file_dataset import FileDataset

    if isinstance(thing, tuple) and len(thing) == 2:
        return _OfPath(*thing)
    return thing._named() if isinstance(thing, FileDataset) else thing


def _listed(things: Any, word: str) -> list[Any]:
    if things is None:
        return []
    if isinstance(things, str) or not isinstance(things, Iterable):
        raise ValueError(f"{word} is a {type(things).__name__}: give a list.")
    return list(things)


def _outputs_in(arguments: Any) -> list[Any]:
    """The outputs that arguments name: a step writes what it says as itself, and reads what it says as input."""
    return [each for each in arguments or () if isinstance(each, OutputDatasetConfig)]


def _unique(outputs: Sequence[Any]) -> list[Any]:
    """The outputs, each once; the last of those that are the same says how."""
    found = {each._written: each for each in outputs}
    return list(found.values())
