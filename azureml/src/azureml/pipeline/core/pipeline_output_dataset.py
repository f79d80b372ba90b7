"""What a step writes, as a dataset for the steps after it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Mapping

from azureml.data import _inputs
from azureml.data._definition import Definition
from azureml.data.abstract_dataset import _asset_name
from azureml.data.dataset_consumption_config import DatasetConsumptionConfig
from azureml.data.dataset_factory import delimited_options, types_step
from azureml.data.dataset_type_definitions import PromoteHeadersBehavior
from azureml.exceptions import UserErrorException

if TYPE_CHECKING:
    from azureml.pipeline.core._plan import StepJob
    from azureml.pipeline.core.builder import PipelineData

__all__ = ["PipelineOutputAbstractDataset", "PipelineOutputFileDataset", "PipelineOutputTabularDataset"]


class PipelineOutputAbstractDataset:
    """A :class:`PipelineData` as a dataset."""

    def __init__(self, pipeline_data: PipelineData) -> None:
        self._pipeline_data = pipeline_data
        self._input_name = pipeline_data.name
        self._mode = "mount"
        self._path: str | None = None
        self._steps: list[Mapping[str, Any]] = []

    @property
    def name(self) -> str:
        """The name of the data."""
        return self._pipeline_data.name

    @property
    def _written(self) -> _inputs.Written:
        return self._pipeline_data._written

    def as_named_input(self, name: str) -> DatasetConsumptionConfig:
        """The same as the input of a step under a name."""
        return DatasetConsumptionConfig(name, self, self._mode, self._path)

    def register(self, name: str, create_new_version: bool = True) -> Any:
        """Register what was written under a name when the step has completed. Its path is then a folder that is there.

        A name that is taken gets a new version, so ``create_new_version`` cannot be false: UserErrorException.
        """
        if not create_new_version:
            raise UserErrorException(
                f"Each run registers what it wrote as a new version of '{name}': leave create_new_version out.",
                target="create_new_version",
            )
        table = Definition(({"pattern": "./**/*"},), tuple(self._steps)).text() if self._steps else ""
        self._pipeline_data._register(_asset_name(name), table)
        return self

    def _bind(self, job: Any) -> str:
        if self._pipeline_data._is_written_by(job):
            return self._pipeline_data._bind(job)
        return self.as_named_input(self._input_name)._bind(job)

    def _write(self, job: StepJob) -> str:
        return self._pipeline_data._write(job)

    def _bind_as_input(self, job: Any, name: str, mode: str) -> str:
        return _inputs.read(job, self, name, mode, self._steps)


class PipelineOutputFileDataset(PipelineOutputAbstractDataset):
    """Files that a step writes."""

    def as_mount(self, path_on_compute: str | None = None) -> PipelineOutputFileDataset:
        """The same as files where they lie."""
        return self._as("mount", path_on_compute)

    def as_download(self, path_on_compute: str | None = None) -> PipelineOutputFileDataset:
        """The same as files that are copied for the step."""
        return self._as("download", path_on_compute)

    def as_direct(self) -> PipelineOutputFileDataset:
        """The same as files where they lie."""
        return self._as("direct")

    def parse_delimited_files(
        self,
        include_path: bool = False,
        separator: str = ",",
        header: Any = PromoteHeadersBehavior.ALL_FILES_HAVE_SAME_HEADERS,
        partition_format: str | None = None,
        file_extension: str = "",
        set_column_types: Mapping[str, Any] | None = None,
        quoted_line_breaks: bool = False,
    ) -> PipelineOutputTabularDataset:
        """The files read as delimited text."""
        said = delimited_options(separator, header, include_path)
        if quoted_line_breaks:
            said["support_multi_line"] = True
        return self._read("read_delimited", said, partition_format, set_column_types)

    def parse_parquet_files(
        self,
        include_path: bool = False,
        partition_format: str | None = None,
        file_extension: str = ".parquet",
        set_column_types: Mapping[str, Any] | None = None,
    ) -> PipelineOutputTabularDataset:
        """The files read as Parquet."""
        return self._read("read_parquet", {"include_path_column": include_path}, partition_format, set_column_types)

    def _as(self, mode: str, path: str | None = None) -> PipelineOutputFileDataset:
        made = copy.copy(self)
        made._mode, made._path = mode, path
        return made

    def _read(
        self, word: str, said: Mapping[str, Any], partition_format: str | None, types: Mapping[str, Any] | None
    ) -> PipelineOutputTabularDataset:
        steps: list[Mapping[str, Any]] = [{word: dict(said)}, *types_step(types)]
        if partition_format:
            steps.append({"extract_columns_from_partition_format": {"partition_format": partition_format}})
        made = PipelineOutputTabularDataset(self._pipeline_data)
        made._steps, made._mode, made._input_name = steps, "direct", self._input_name
        return made


class PipelineOutputTabularDataset(PipelineOutputAbstractDataset):
    """What a step writes, read as a table."""

    def keep_columns(self, columns: str | list[str]) -> PipelineOutputTabularDataset:
        """The table with these columns alone."""
        return self._then({"keep_columns": columns})

    def drop_columns(self, columns: str | list[str]) -> PipelineOutputTabularDataset:
        """The table without these columns."""
        return self._then({"drop_columns": columns})

    def _then(self, step: Mapping[str, Any]) -> PipelineOutputTabularDataset:
        made = copy.copy(self)
        made._steps = [*self._steps, step]
        return made
