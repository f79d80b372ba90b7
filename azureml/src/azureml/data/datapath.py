"""A place on a datastore as a value, such as a pipeline's parameter has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azureml.data.data_reference import DataReference

if TYPE_CHECKING:
    from azureml.data.azure_storage_datastore import AbstractDatastore

__all__ = ["DataPath", "DataPathComputeBinding"]


class DataPath:
    """A datastore and a path there."""

    def __init__(
        self,
        datastore: AbstractDatastore | None = None,
        path_on_datastore: str | None = None,
        name: str | None = None,
    ) -> None:
        self._datastore = datastore
        self._path_on_datastore = path_on_datastore
        self._name = name

    @property
    def datastore_name(self) -> str | None:
        """The name of the datastore."""
        return self._datastore.name if self._datastore else None

    @property
    def path_on_datastore(self) -> str | None:
        """The path there."""
        return self._path_on_datastore

    def create_data_reference(
        self,
        data_reference_name: str | None = None,
        datapath_compute_binding: DataPathComputeBinding | None = None,
    ) -> DataReference:
        """A reference for a job to this place."""
        if self._datastore is None:
            raise ValueError("The DataPath names no datastore: pass one as datastore=.")
        how = datapath_compute_binding or DataPathComputeBinding()
        return DataReference(
            self._datastore,
            data_reference_name or self._name,
            self._path_on_datastore,
            how.mode,
            how.path_on_compute,
            how.overwrite,
        )

    def __repr__(self) -> str:
        return f"DataPath(datastore={self.datastore_name}, path_on_datastore={self.path_on_datastore})"


class DataPathComputeBinding:
    """How a job comes to a :class:`DataPath`."""

    def __init__(self, mode: str = "mount", path_on_compute: str | None = None, overwrite: bool = False) -> None:
        self.mode = mode
        self.path_on_compute = path_on_compute
        self.overwrite = overwrite
