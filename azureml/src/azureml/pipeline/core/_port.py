"""Where what a step left lies, and how it comes here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping

from azureml._lazuli.storage import inside
from azureml.data import _definition
from azureml.data.data_reference import DataReference
from azureml.exceptions import UserErrorException

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace
    from azureml.data.azure_storage_datastore import AbstractDatastore

__all__ = ["PortDataReference", "below"]

_VARIABLE = "AZUREML_DATAREFERENCE_"


class PortDataReference:
    """A file or folder on a datastore that a step left."""

    def __init__(self, workspace: Workspace, name: str, uri: str, path: str = "") -> None:
        place = _definition.place_of(uri)
        if place is None:
            raise UserErrorException(f"'{name}' lies at '{uri}', which is on no datastore.", target=name)
        self._workspace = workspace
        self._name = name
        self._datastore_name, folder = place
        self._path_on_datastore = f"{folder}/{path}".strip("/")

    @property
    def name(self) -> str:
        """The name of the output."""
        return self._name

    @property
    def datastore_name(self) -> str:
        """The name of the datastore."""
        return self._datastore_name

    @property
    def datastore(self) -> AbstractDatastore:
        """The datastore."""
        from azureml.core.datastore import Datastore

        return Datastore.get(self._workspace, self._datastore_name)

    @property
    def path_on_datastore(self) -> str:
        """The path there."""
        return self._path_on_datastore

    @property
    def data_reference(self) -> DataReference:
        """The same for another job."""
        return self._make_reference()

    def download(self, local_path: Any, overwrite: bool | None = None, show_progress: bool | None = None) -> int:
        """Write what lies there below a folder, under the whole of its path on the datastore; how many files."""
        container = self.datastore._container()
        entries = [each.name for each in container.below(self._path_on_datastore)]
        wanted = [name for name in entries if overwrite or not inside(Path(local_path), name).exists()]
        for path in container.fetch_all([(name, name) for name in wanted], Path(local_path)):
            if show_progress:
                print(f"Downloaded {path}")
        return len(wanted)

    def _make_reference(self) -> DataReference:
        return DataReference(self.datastore, self._name, self._path_on_datastore)

    def __repr__(self) -> str:
        return f"PortDataReference(datastore={self._datastore_name}, path={self._path_on_datastore})"


def below(job: Mapping[str, Any], output: str) -> str:
    """The path below an output of a job at which what it holds lies: data that a script gave its own shape."""
    for node in (job.get("jobs") or {}).values():
        for name, said in (node.get("outputs") or {}).items():
            if f"${{{{parent.outputs.{output}}}}}" in (said.get("value"), said.get("uri")):
                return _below(node.get("environment_variables"), name)
    return _below(job.get("environmentVariables"), output)


def _below(variables: Mapping[str, str] | None, output: str) -> str:
    binding = f"${{{{outputs.{output}}}}}/"
    found = [value for word, value in (variables or {}).items() if word.startswith(_VARIABLE)]
    return next((value[len(binding) :] for value in found if value.startswith(binding)), "")
