"""Which class stands for a run that is found: the server names its type, a module of the package makes it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Callable, Mapping

if TYPE_CHECKING:
    from azureml.core.experiment import Experiment
    from azureml.core.run import Run

_HOMES = {
    "azureml.scriptrun": "azureml.core.script_run",
    "azureml.PipelineRun": "azureml.pipeline.core.run",
    "azureml.StepRun": "azureml.pipeline.core.run",
    "hyperdrive": "azureml.train.hyperdrive.run",
}
"""The modules that provide the types when they are imported."""
_FACTORIES: dict[str, Callable[[Experiment, Mapping[str, Any]], Run]] = {}


def provide(runtype: str, factory: Callable[[Experiment, Mapping[str, Any]], Run]) -> None:
    """Make the runs of a type with ``factory``."""
    _FACTORIES[runtype] = factory


def typed(run: Run, said: Mapping[str, Any] | None) -> Run:
    """The run as its type has it; the run itself where it is no job's, or its type has no class."""
    kind = (said or {}).get("runType") or ""
    if kind not in _FACTORIES and kind in _HOMES:
        importlib.import_module(_HOMES[kind])
    factory = _FACTORIES.get(kind)
    return factory(run.experiment, said) if factory and said else run
