"""References to what lies on a datastore, for a job."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from azureml.exceptions import UserErrorException

if TYPE_CHECKING:
    from azureml.data.azure_storage_datastore import AbstractDatastore

__all__ = ["DataReference"]

_MODES = {"mount": "ReadOnlyMount", "download": "Download", "upload": "Upload", "direct": "Direct"}


class DataReference:
    """A place on a datastore, and how a job comes to it: "mount", "download" or "upload".

    The job finds it where the argument, or the variable that ``str`` names, says. With ``path_on_compute`` it is also
    there, below the folder that the job works in; an absolute path has no effect, for jobs share a machine. What is
    sent replaces what was there, with ``overwrite`` and without.
    """

    def __init__(
        self,
        datastore: AbstractDatastore,
        data_reference_name: str | None = None,
        path_on_datastore: str | None = None,
        mode: str = "mount",
        path_on_compute: str | None = None,
        overwrite: bool = False,
    ) -> None:
        if mode not in _MODES:
            raise UserErrorException(f"Invalid mode '{mode}'. Supported are: {', '.join(_MODES)}.", target="mode")
        self.datastore = datastore
        self.path_on_datastore = path_on_datastore
        self.mode = mode
        self.path_on_compute = path_on_compute
        self.overwrite = overwrite
        self.data_reference_name = data_reference_name or _name_for(datastore.name, path_on_datastore)

    @property
    def name(self) -> str:
        """The name under which a job knows it."""
        return self.data_reference_name

    def path(self, path: str | None = None, data_reference_name: str | None = None) -> DataReference:
        """A reference to what lies at ``path`` below this."""
        joined = "/".join(part.strip("/") for part in (self.path_on_datastore, path) if part)
        return DataReference(self.datastore, data_reference_name, joined or None, self.mode)

    def as_mount(self) -> DataReference:
        """The same, seen as a folder."""
        return self._as("mount", None, False)

    def as_download(self, path_on_compute: str | None = None, overwrite: bool = False) -> DataReference:
        """The same, copied before the job begins."""
        return self._as("download", path_on_compute, overwrite)

    def as_upload(self, path_on_compute: str | None = None, overwrite: bool = False) -> DataReference:
        """The same as a place where what the job leaves is kept."""
        return self._as("upload", path_on_compute, overwrite)

    def to_config(self) -> Any:
        """What a run configuration says of it."""
        from azureml.core.runconfig import DataReferenceConfiguration

        return DataReferenceConfiguration(
            datastore_name=self.datastore.name,
            mode=self.mode,
            path_on_datastore=self.path_on_datastore,
            path_on_compute=self.path_on_compute,
            overwrite=self.overwrite,
        )

    def _as(self, mode: str, path_on_compute: str | None, overwrite: bool) -> DataReference:
        return DataReference(
            self.datastore, self.data_reference_name, self.path_on_datastore, mode, path_on_compute, overwrite
        )

    def _bind(self, job: dict[str, Any]) -> str:
        from azureml.data import _inputs

        uri = self.datastore._uri(self.path_on_datastore)
        variable = f"AZUREML_DATAREFERENCE_{self.data_reference_name}"
        if self.mode == "upload":
            said = {"jobOutputType": "uri_folder", "uri": uri, "mode": "ReadWriteMount"}
            binding = _inputs.add(job, "outputs", self.data_reference_name, said, variable)
            return _inputs.link(job, binding, self.path_on_compute)
        path = (self.path_on_datastore or "").strip("/")
        kind = "uri_file" if path and self.datastore._container().has(path) else "uri_folder"
        said = {"jobInputType": kind, "uri": uri, "mode": _MODES[self.mode]}
        binding = _inputs.add(job, "inputs", self.data_reference_name, said, variable)
        return _inputs.link(job, binding, self.path_on_compute)

    def __str__(self) -> str:
        return f"$AZUREML_DATAREFERENCE_{self.data_reference_name}"

    __repr__ = __str__


def _name_for(datastore: str, path: str | None) -> str:
    """A name out of the place: the same place has the same name."""
    words = re.sub(r"\W+", "_", f"{path or ''}").strip("_")
    return f"{datastore}_{words}" if words else datastore
