"""The classes that scripts begin with."""

from azureml.core.dataset import Dataset
from azureml.core.datastore import Datastore
from azureml.core.experiment import Experiment
from azureml.core.keyvault import Keyvault
from azureml.core.model import Model
from azureml.core.run import Run
from azureml.core.script_run import ScriptRun
from azureml.core.workspace import Workspace

VERSION = "1.62.0"
"""What scripts compare and print: the last SDK v1 whose behaviour this package follows."""
__version__ = VERSION

__all__ = [
    "VERSION",
    "Dataset",
    "Datastore",
    "Experiment",
    "Keyvault",
    "Model",
    "Run",
    "ScriptRun",
    "Workspace",
    "__version__",
]
