"""The data of a run in the words of its settings, before it is a dataset or a reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping

from azureml._lazuli import words
from azureml.exceptions import RunConfigurationException

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace


class DataReferenceConfiguration:
    """A path of a datastore that a run sees as ``$AZUREML_DATAREFERENCE_`` with the name it has in the settings."""

    def __init__(
        self,
        datastore_name: str | None = None,
        mode: str = "mount",
        path_on_datastore: str | None = None,
        path_on_compute: str | None = None,
        overwrite: bool = False,
    ) -> None:
        self.datastore_name = datastore_name
        self.mode = mode
        self.path_on_datastore = path_on_datastore
        self.path_on_compute = path_on_compute
        self.overwrite = overwrite

    def _bind_as(self, name: str, job: dict[str, Any], workspace: Workspace) -> None:
        from azureml.core.datastore import Datastore
        from azureml.data.data_reference import DataReference

        store = Datastore.get(workspace, self.datastore_name or workspace.get_default_datastore().name)
        place = (self.path_on_datastore, self.mode, self.path_on_compute, self.overwrite)
        DataReference(store, name, *place)._bind(job)


class Dataset:
    """A dataset of the workspace, by its id, or by its name and version (the newest without one)."""

    def __init__(
        self, dataset_id: str | None = None, dataset_name: str | None = None, dataset_version: Any = None
    ) -> None:
        self.dataset_id = dataset_id
        self.dataset_name = dataset_name
        self.dataset_version = dataset_version

    def _found(self, workspace: Workspace) -> Any:
        from azureml.core.dataset import Dataset as Registered

        if self.dataset_id:
            return Registered.get_by_id(workspace, self.dataset_id)
        return Registered.get_by_name(workspace, str(self.dataset_name), self.dataset_version or "latest")


class DataLocation:
    """Where data of a run lies: a dataset, a :class:`~azureml.data.datapath.DataPath`, or a URI."""

    def __init__(self, dataset: Any = None, data_path: Any = None, uri: Any = None) -> None:
        self.dataset = dataset
        self.data_path = data_path
        self.uri = uri


class Data:
    """Data of a run, and how it gets it: "direct", "mount" or "download".

    A path is in the environment variable of its name, a dataset given directly in ``Run.input_datasets``.
    """

    def __init__(
        self,
        data_location: DataLocation | None = None,
        create_output_directories: bool = False,
        mechanism: str = "direct",
        environment_variable_name: str | None = None,
        path_on_compute: str | None = None,
        overwrite: bool = False,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.data_location = data_location
        self.create_output_directories = create_output_directories
        self.mechanism = mechanism
        self.environment_variable_name = environment_variable_name
        self.path_on_compute = path_on_compute
        self.overwrite = overwrite
        self.options = options

    def _bind_as(self, name: str, job: dict[str, Any], workspace: Workspace) -> None:
        from azureml.data.dataset_consumption_config import DatasetConsumptionConfig

        dataset = self._dataset(name, workspace)
        known_as = self.environment_variable_name or name
        DatasetConsumptionConfig(known_as, dataset, self.mechanism.lower(), self.path_on_compute)._bind(job, workspace)

    def _dataset(self, name: str, workspace: Workspace) -> Any:
        from azureml.data.dataset_factory import FileDatasetFactory

        where = self.data_location or DataLocation()
        if where.dataset is not None:
            return where.dataset._found(workspace) if isinstance(where.dataset, Dataset) else where.dataset
        if where.data_path is not None or where.uri is not None:
            return FileDatasetFactory.from_files(where.data_path or where.uri)
        raise RunConfigurationException(f"The data '{name}' has no location: a dataset, a data_path or a uri.")

    def _to_dict(self) -> dict[str, Any]:
        where = self.data_location or DataLocation()
        plain = words.said(self, "data_location")
        dataset = where.dataset
        if dataset is not None and not isinstance(dataset, Dataset):
            dataset = Dataset(dataset.id, dataset.name)
        location: dict[str, Any] = {"uri": {"path": where.uri} if where.uri else None}
        if dataset is not None:
            location["dataset"] = {
                "id": dataset.dataset_id,
                "name": dataset.dataset_name,
                "version": dataset.dataset_version,
            }
        if where.data_path is not None:
            raise RunConfigurationException("A data_path is not written to files. Make it a dataset, and register it.")
        return {"dataLocation": location, **plain}

    @staticmethod
    def _from_dict(said: Mapping[str, Any]) -> Data:
        made = words.taken(Data(), said, "data_location")
        location = said.get("dataLocation") or {}
        found = location.get("dataset") or {}
        dataset = Dataset(found.get("id"), found.get("name"), found.get("version")) if found else None
        made.data_location = DataLocation(dataset, uri=(location.get("uri") or {}).get("path"))
        return made


def bind(given: Mapping[str, Any], job: dict[str, Any], workspace: Workspace) -> None:
    """Add what settings name of data to a job's document."""
    for name, each in given.items():
        if hasattr(each, "_bind_as"):
            each._bind_as(name, job, workspace)
        elif hasattr(each, "_bind"):
            each._bind(job)
        else:
            raise RunConfigurationException(f"'{name}' of the run's data is a {type(each).__name__}, which is no data.")
