"""What is given to a pipeline when it is submitted, and what its steps say of their ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azureml._lazuli.declined import Declined
from azureml.data import _inputs
from azureml.data.abstract_dataset import AbstractDataset
from azureml.data.datapath import DataPath, DataPathComputeBinding
from azureml.pipeline.core._module import MODULES
from azureml.pipeline.core._plan import MODES
from azureml.pipeline.core.builder import PipelineData, PipelineStep, StepSequence

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace

__all__ = [
    "DataPath",
    "DataPathComputeBinding",
    "InputPortDef",
    "OutputPortDef",
    "PipelineData",
    "PipelineParameter",
    "PipelineStep",
    "StepSequence",
    "TrainingOutput",
]


class InputPortDef(Declined):
    """What a module reads."""

    _instead = MODULES

    def __init__(
        self,
        name: Any,
        data_types: Any = None,
        default_datastore_mode: Any = None,
        default_path_on_compute: Any = None,
        is_optional: Any = False,
        default_overwrite: Any = None,
        default_data_reference_name: Any = None,
        is_resource: Any = False,
        label: Any = None,
        additional_transformations: Any = None,
    ) -> None:
        pass


class OutputPortDef(Declined):
    """What a module writes."""

    _instead = MODULES

    def __init__(
        self,
        name: Any,
        default_datastore_name: Any = None,
        default_datastore_mode: Any = None,
        default_path_on_compute: Any = None,
        is_directory: Any = False,
        data_type: Any = None,
        default_overwrite: Any = None,
        training_output: Any = None,
        label: Any = None,
    ) -> None:
        pass


class PipelineParameter:
    """A value that is given anew each time a pipeline is submitted: a text, number, truth value, path or dataset.

    Raises ValueError for a default of another kind.
    """

    def __init__(self, name: str, default_value: Any) -> None:
        if not isinstance(default_value, (str, int, float, bool, DataPath, AbstractDataset)):
            raise ValueError(
                f"default_value is a {type(default_value).__name__}: it is a text, a number, a truth value, a DataPath "
                "or a dataset."
            )
        self.name = name
        self.default_value = default_value

    def _input(self, workspace: Workspace, value: Any = None) -> dict[str, Any]:
        """The input of the pipeline that it is, with its default or another value, in the words of REST."""
        value = self.default_value if value is None else value
        if isinstance(value, DataPath):
            reference = value.create_data_reference("value")
            job: dict[str, Any] = {"jobType": "Command"}
            reference._bind(job)
            said = dict(job["inputs"]["value"])
            said.pop("mode", None)
            return said
        if isinstance(value, AbstractDataset):
            for_job = getattr(value, "_for_job", value._placed)
            kind, uri = for_job(value._workspace or workspace)
            return {"jobInputType": kind, "uri": value.id or uri}
        return {"jobInputType": "literal", "value": str(value)}

    def _bind(self, job: Any) -> str:
        """The argument that it is in a command: one word, whatever the value holds, or the path of what it names."""
        if isinstance(self.default_value, (DataPath, AbstractDataset)):
            return self._bind_path(job, "mount")
        return f'"$AZUREML_PARAMETER_{job.parameter(self)}"'

    def _bind_path(self, job: Any, mode: str, name: str | None = None) -> str:
        """The binding of the place that it names, to which a step comes by ``mode``."""
        said = {"jobInputType": "literal", "value": job.plan.parameter(self), "mode": MODES[mode]}
        return _inputs.add(job, "inputs", name or self.name, said, name)

    def _bind_as_input(self, job: Any, name: str, mode: str) -> str:
        """The binding of the dataset that it names: its files, or with "direct" its address."""
        is_table = mode == "direct" or not hasattr(self.default_value, "as_mount")
        binding = self._bind_path(job, "direct" if is_table else mode, name)
        _inputs.tell(job, name, {"address" if is_table else "variable": name})
        return binding

    def __str__(self) -> str:
        return f"PipelineParameter_Name:{self.name}_Default:{self.default_value}"

    __repr__ = __str__


class TrainingOutput:
    """Which of the things that a search or an automated training leaves an output is: "Metrics" or "Model".

    ``iteration`` or ``metric`` choose the run whose model it is, ``model_file`` the file of it. Raises ValueError for
    another type, and for a choice among metrics.
    """

    def __init__(
        self,
        type: str,
        iteration: int | None = None,
        metric: str | None = None,
        model_file: str | None = None,
    ) -> None:
        if type not in ("Metrics", "Model"):
            raise ValueError(f"type is '{type}': it is 'Metrics' or 'Model'.")
        if type == "Metrics" and (iteration is not None or metric is not None or model_file is not None):
            raise ValueError("iteration, metric and model_file choose a model: leave them out for 'Metrics'.")
        if iteration is not None and metric is not None:
            raise ValueError("Give either iteration or metric.")
        self.type = type
        self.iteration = iteration
        self.metric = metric
        self.model_file = model_file
