"""The classes that scripts begin with."""

from __future__ import annotations

from azureml.core.compute import ComputeTarget
from azureml.core.container_registry import ContainerRegistry
from azureml.core.dataset import Dataset
from azureml.core.datastore import Datastore
from azureml.core.environment import Environment
from azureml.core.experiment import Experiment
from azureml.core.image import ContainerImage, Image
from azureml.core.keyvault import Keyvault
from azureml.core.model import Model
from azureml.core.run import Run
from azureml.core.runconfig import RunConfiguration
from azureml.core.script_run import ScriptRun
from azureml.core.script_run_config import ScriptRunConfig
from azureml.core.webservice import Webservice
from azureml.core.workspace import Workspace

VERSION = "1.62.0"
"""What scripts compare and print: the last SDK v1 whose behaviour this package follows."""
__version__ = VERSION

__all__ = [
    "VERSION",
    "ComputeTarget",
    "ContainerImage",
    "ContainerRegistry",
    "Dataset",
    "Datastore",
    "Environment",
    "Experiment",
    "Image",
    "Keyvault",
    "Model",
    "Run",
    "RunConfiguration",
    "ScriptRun",
    "ScriptRunConfig",
    "Webservice",
    "Workspace",
    "__version__",
    "get_run",
]


def get_run(experiment: Experiment, run_id: str, rehydrate: bool = True, clean_up: bool = True) -> Run:
    """The run of an id, of the class that fits its kind; without ``rehydrate`` a plain :class:`Run`.

    There is nothing for ``clean_up`` to do here.
    """
    return experiment.workspace.get_run(run_id) if rehydrate else Run(experiment, run_id)
