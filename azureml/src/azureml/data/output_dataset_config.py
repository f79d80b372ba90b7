"""What a job writes, as a dataset: where it goes, what it is called, and who reads it next."""

from __future__ import annotations

import copy
import itertools
import re
from typing import Any, Mapping, TypeVar

from azureml.data._inputs import Written
from azureml.data.azure_storage_datastore import AbstractDatastore
from azureml.data.dataset_factory import delimited_options, types_step
from azureml.data.dataset_type_definitions import PromoteHeadersBehavior
from azureml.exceptions import UserErrorException

__all__ = [
    "HDFSOutputDatasetConfig",
    "LinkTabularOutputDatasetConfig",
    "OutputDatasetConfig",
    "OutputFileDatasetConfig",
    "OutputTabularDatasetConfig",
    "TransformationMixin",
]

Self = TypeVar("Self", bound="OutputDatasetConfig")
_numbers = itertools.count(1)


class OutputDatasetConfig:
    """An output of a job."""

    _glob: str | None = None

    def __init__(self, name: str | None = None) -> None:
        name = name or f"output_{next(_numbers)}"
        if not re.fullmatch(r"[A-Za-z]\w*", name):
            raise UserErrorException(
                f"'{name}' is no name for an output: it has letters, digits and _, a letter first.", target="name"
            )
        self.name = name
        self.mode = "mount"
        self._written = Written()
        self._registered: dict[str, Any] | None = None
        self._steps: list[Mapping[str, Any]] = []

    def as_upload(self: Self, overwrite: bool = False, source_globs: Any = None) -> Self:
        """The same, sent when the job is over; what lies there already is replaced."""
        if source_globs is not None:
            raise UserErrorException("All that is written is kept: write only that, without source_globs.")
        return self._as("upload")

    def as_mount(self: Self, disable_metadata_cache: bool = False) -> Self:
        """The same, written where it will lie; there is no cache."""
        return self._as("mount")

    def _as(self: Self, mode: str) -> Self:
        made = copy.copy(self)
        made.mode = mode
        return made

    def register_on_complete(
        self: Self, name: str, description: str | None = None, tags: Mapping[str, str] | None = None
    ) -> Self:
        """Register what was written as a dataset of this name when the job has completed.

        Raises ValueError without a name, and :class:`UserErrorException` for tags, which are added afterwards.
        """
        if not name:
            raise ValueError("register_on_complete needs a name.")
        if tags:
            raise UserErrorException(
                f"A job gives no tags: call Dataset.get_by_name(workspace, '{name}').add_tags(…) when it is over.",
                target="tags",
            )
        made = copy.copy(self)
        made._registered = {"name": name, "description": description}
        return made

    def as_input(self, name: str | None = None) -> Any:
        """The same as the input of a later step."""
        from azureml.data.dataset_consumption_config import DatasetConsumptionConfig

        return DatasetConsumptionConfig(name or self.name, self, "direct" if self._steps else "mount")

    def _bind_as_input(self, job: dict[str, Any], name: str, mode: str) -> str:
        """Let a step of a pipeline read what another writes; the binding that stands for it in a command."""
        from azureml.data import _inputs

        return _inputs.read(job, self, name, mode, self._steps, self._glob)


class TransformationMixin:
    """How written files become a table."""

    _steps: list[Mapping[str, Any]]

    def read_delimited_files(
        self,
        include_path: bool = False,
        separator: str = ",",
        header: Any = PromoteHeadersBehavior.ALL_FILES_HAVE_SAME_HEADERS,
        partition_format: str | None = None,
        path_glob: str | None = None,
        set_column_types: Mapping[str, Any] | None = None,
    ) -> OutputTabularDatasetConfig:
        """What is written, read as delimited text."""
        said = delimited_options(separator, header, include_path)
        return self._read("read_delimited", said, partition_format, path_glob, set_column_types)

    def read_parquet_files(
        self,
        include_path: bool = False,
        partition_format: str | None = None,
        path_glob: str | None = None,
        set_column_types: Mapping[str, Any] | None = None,
    ) -> OutputTabularDatasetConfig:
        """What is written, read as Parquet."""
        said = {"include_path_column": include_path}
        return self._read("read_parquet", said, partition_format, path_glob, set_column_types)

    def _read(
        self,
        word: str,
        said: Mapping[str, Any],
        partition_format: str | None,
        path_glob: str | None,
        types: Mapping[str, Any] | None,
    ) -> OutputTabularDatasetConfig:
        steps: list[Mapping[str, Any]] = [{word: dict(said)}, *types_step(types)]
        if partition_format:
            steps.append({"extract_columns_from_partition_format": {"partition_format": partition_format}})
        made = OutputTabularDatasetConfig.__new__(OutputTabularDatasetConfig)
        made.__dict__.update(self.__dict__)
        made._steps, made._glob = steps, path_glob
        return made


class OutputFileDatasetConfig(OutputDatasetConfig, TransformationMixin):
    """A folder that a job writes.

    ``destination`` is ``(datastore, "path")``, in which ``{run-id}`` and ``{output-name}`` are filled in. The job
    writes into the folder that an argument or the variable of its name says, so there is no ``source`` elsewhere to be
    named; ``partition_format`` is said where the files are read. Raises :class:`UserErrorException` for these two.
    """

    def __init__(
        self,
        name: str | None = None,
        destination: tuple[AbstractDatastore, str] | AbstractDatastore | None = None,
        source: str | None = None,
        partition_format: str | None = None,
    ) -> None:
        super().__init__(name)
        self.destination = destination if isinstance(destination, (tuple, type(None))) else (destination, "")
        if self.destination and not isinstance(self.destination[0], AbstractDatastore):
            raise UserErrorException("destination is (datastore, 'path').", target="destination")
        if source is not None:
            raise UserErrorException(
                f"source is '{source}', and cannot be said: let the script write into the folder that the output is "
                "when it is an argument.",
                target="source",
            )
        if partition_format is not None:
            raise UserErrorException(
                "Say partition_format where the files are read: output.read_delimited_files(partition_format=…).",
                target="partition_format",
            )

    def as_hdfs(self) -> Any:
        """Raises :class:`UserErrorException`: there is no Spark here."""
        raise UserErrorException("Lazuli has no Spark, so nothing is written through HDFS. Use as_upload().")

    def _uri(self) -> str | None:
        """Where it goes; None for a place of the job's own."""
        if not self.destination:
            return None
        store, path = self.destination
        path = path or "dataset/{run-id}/{output-name}"
        path = path.replace("{run-id}", "${{name}}").replace("{output-name}", self.name)
        return f"{store._uri(path).rstrip('/')}/"

    def _output(self) -> dict[str, Any]:
        """The output, in the words of a job's document."""
        mode = "Upload" if self.mode == "upload" else "ReadWriteMount"
        said: dict[str, Any] = {"jobOutputType": "uri_folder", "mode": mode}
        if self._uri():
            said["uri"] = self._uri()
        if self._registered:
            said["assetName"] = re.sub(r"[^A-Za-z0-9_.-]+", "-", self._registered["name"])
            said["description"] = self._registered["description"] or None
        return {word: value for word, value in said.items() if value is not None}

    def _bind(self, job: dict[str, Any], workspace: Any = None) -> str:
        """Add the output to a job's document; the binding that stands for its folder."""
        from azureml.data import _inputs

        return _inputs.add(job, "outputs", self.name, self._output(), self.name)


class OutputTabularDatasetConfig(OutputFileDatasetConfig):
    """Files that a job writes, read as a table by who comes after."""

    def keep_columns(self, columns: str | list[str]) -> OutputTabularDatasetConfig:
        """The table with these columns alone."""
        return self._then({"keep_columns": columns})

    def drop_columns(self, columns: str | list[str]) -> OutputTabularDatasetConfig:
        """The table without these columns."""
        return self._then({"drop_columns": columns})

    def random_split(
        self, percentage: float, seed: int | None = None
    ) -> tuple[OutputTabularDatasetConfig, OutputTabularDatasetConfig]:
        """About this share of the rows, and the others."""
        from azureml.data.abstract_dataset import _seed, _share

        said = {"probability": _share(percentage), "seed": _seed(seed)}
        return self._then({"take_random_sample": said}), self._then(
            {"take_random_sample": {**said, "complement": True}}
        )

    def _output(self) -> dict[str, Any]:
        said = super()._output()
        return {**said, "jobOutputType": "mltable"} if self._registered else said

    def _bind(self, job: dict[str, Any], workspace: Any = None) -> str:
        from azureml.data import _inputs
        from azureml.data._definition import Definition

        binding = super()._bind(job, workspace)
        if self._registered:
            files = Definition(({"pattern": f"./{self._glob or '**/*'}"},), tuple(self._steps))
            _inputs.leave(job, binding, "MLTable", files.text())
        return binding

    def _then(self, step: Mapping[str, Any]) -> OutputTabularDatasetConfig:
        made = copy.copy(self)
        made._steps = [*self._steps, step]
        return made


class HDFSOutputDatasetConfig:
    """There is no Spark here: making one raises :class:`UserErrorException`."""

    _is_declined = True

    def __init__(self, name: str | None = None, destination: Any = None) -> None:
        raise UserErrorException(
            "Lazuli has no Spark, so nothing is written through HDFS. Use OutputFileDatasetConfig."
        )


class LinkTabularOutputDatasetConfig:
    """A table that a job links: making one raises :class:`UserErrorException`."""

    _is_declined = True

    def __init__(self, name: str | None = None) -> None:
        raise UserErrorException("Linked outputs are not kept here. Write files, and use OutputFileDatasetConfig.")
