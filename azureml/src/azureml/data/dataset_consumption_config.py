"""A dataset as the input of a job."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from azureml.exceptions import UserErrorException

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace

__all__ = ["DatasetConsumptionConfig"]

_MODES = {"mount": "ReadOnlyMount", "download": "Download"}


class DatasetConsumptionConfig:
    """A dataset under a name, "direct", or as files: "mount" or "download".

    The job finds the files where the argument, or the variable of the input's name, says. With ``path_on_compute`` they
    are also there, below the folder that the job works in; an absolute path has no effect, for jobs share a machine.
    """

    def __init__(self, name: str, dataset: Any, mode: str = "direct", path_on_compute: str | None = None) -> None:
        self.name = re.sub(r"\W", "_", name)
        self.dataset = dataset
        self.path_on_compute = path_on_compute
        self.mode = mode
        if mode not in (*_MODES, "direct"):
            raise UserErrorException(f"Invalid mode '{mode}'. Supported are: direct, mount, download.", target="mode")

    def as_mount(self, path_on_compute: str | None = None) -> DatasetConsumptionConfig:
        """The files as a folder that the job sees."""
        return self._as("mount", path_on_compute)

    def as_download(self, path_on_compute: str | None = None) -> DatasetConsumptionConfig:
        """The files copied for the job."""
        return self._as("download", path_on_compute)

    def as_direct(self) -> DatasetConsumptionConfig:
        """The dataset itself: the job reads it as it likes."""
        return self._as("direct", None)

    def as_hdfs(self) -> DatasetConsumptionConfig:
        """Raises :class:`UserErrorException`: there is no Spark here."""
        raise UserErrorException("Lazuli has no Spark, so no dataset is read through HDFS. Use as_mount().")

    def _as(self, mode: str, path_on_compute: str | None) -> DatasetConsumptionConfig:
        from azureml.data.tabular_dataset import TabularDataset

        if mode != "direct" and isinstance(self.dataset, TabularDataset):
            raise UserErrorException(
                f"TabularDataset does not support {mode}. Only FileDataset supports {mode}; use to_csv_files() first."
            )
        self.mode, self.path_on_compute = mode, path_on_compute
        return self

    def _bind(self, job: dict[str, Any], workspace: Workspace | None = None) -> str:
        """Add the input to a job's document; what stands for it in an argument: a binding, or a dataset's id."""
        from azureml.data import _inputs
        from azureml.data.tabular_dataset import TabularDataset

        if hasattr(self.dataset, "_bind_as_input"):  # there when a pipeline runs, and not before
            binding = str(self.dataset._bind_as_input(job, self.name, self.mode))
            return _inputs.link(job, binding, self.path_on_compute)
        workspace = workspace or self.dataset._workspace
        if workspace is None:
            raise UserErrorException("The dataset belongs to no workspace: register it, or upload its files first.")
        if isinstance(self.dataset, TabularDataset) or self.mode == "direct":
            uri = self.dataset.id or _saved(self.dataset, workspace)
            kind = self.dataset._placed(workspace)[0] if self.dataset.id else "mltable"
            _inputs.add(job, "inputs", self.name, {"jobInputType": kind, "uri": uri, "mode": "Direct"})
            _inputs.tell(job, self.name, {"id" if self.dataset.id else "path": uri})
            return uri
        kind, uri = self.dataset._for_job(workspace)
        is_asset = self.dataset.id is not None and self.dataset._only() is not None
        said = {"jobInputType": kind, "uri": self.dataset.id if is_asset else uri, "mode": _MODES[self.mode]}
        binding = _inputs.add(job, "inputs", self.name, said, self.name)
        _inputs.tell(job, self.name, {"variable": self.name})
        return _inputs.link(job, binding, self.path_on_compute)


def _saved(dataset: Any, workspace: Workspace) -> str:
    from azureml.data import _definition

    return _definition.saved(dataset._definition, workspace)
