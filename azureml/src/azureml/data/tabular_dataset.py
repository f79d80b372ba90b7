"""Tables: files read as rows, and what is done to them, when somebody asks for the rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Sequence

from azureml._lazuli.declined import declined
from azureml.data import _definition, _expressions, _reading
from azureml.data.abstract_dataset import AbstractDataset
from azureml.data.dataset_error_handling import DatasetValidationError
from azureml.exceptions import DatasetTimestampMissingError, UserErrorException

if TYPE_CHECKING:
    from azureml.data.file_dataset import FileDataset

__all__ = ["TabularDataset"]

_PROFILE = "Use to_pandas_dataframe().describe(include='all'); Studio shows the columns of a registered dataset."


class TabularDataset(AbstractDataset):
    """A table. Nothing is read before :meth:`to_pandas_dataframe` or a job asks for it."""

    def to_pandas_dataframe(self, on_error: str = "null", out_of_range_datetime: str = "null") -> Any:
        """The rows as a pandas DataFrame.

        A value that cannot have the type of its column is left empty, and so is a moment that pandas has no place for;
        with "fail" :class:`DatasetExecutionError` is raised for the first.
        """
        for word, value in {"on_error": on_error, "out_of_range_datetime": out_of_range_datetime}.items():
            if value not in ("null", "fail"):
                raise UserErrorException(f"{word} is '{value}': it is 'null' or 'fail'.", target=word)
        losses = _reading.Losses(errors=on_error == "null", moments=out_of_range_datetime == "null")
        return _reading.frame_of(self._definition, self._workspace, losses)

    @declined("Lazuli has no Spark. Use to_pandas_dataframe(), or read the files in the job.")
    def to_spark_dataframe(self) -> Any:
        """Raises what to use instead: there is no Spark here."""

    @declined("Use dask.dataframe.from_pandas(dataset.to_pandas_dataframe(), npartitions=4).")
    def to_dask_dataframe(
        self,
        sample_size: int = 10000,
        dtypes: Any = None,
        on_error: str = "null",
        out_of_range_datetime: str = "null",
    ) -> Any:
        """Raises what to use instead."""

    @declined(_PROFILE)
    def get_profile(self, workspace: Any = None) -> Any:
        """Raises what to use instead."""

    @declined(_PROFILE)
    def submit_profile_run(self, compute_target: Any, experiment: Any, cache_datastore_name: str | None = None) -> Any:
        """Raises what to use instead."""

    def keep_columns(self, columns: str | Sequence[str], validate: bool = False) -> TabularDataset:
        """The table with these columns alone."""
        return self._validated(self._then("keep_columns", _names(columns)), validate)

    def drop_columns(self, columns: str | Sequence[str]) -> TabularDataset:
        """The table without these columns."""
        return self._then("drop_columns", _names(columns))

    def filter(self, expression: Any) -> TabularDataset:
        """The rows for which a condition such as ``dataset['age'] > 30`` holds."""
        return self._then("filter", _expressions.text_of(expression))

    def __getitem__(self, name: str) -> _expressions.Condition:
        """A column, to make a condition of."""
        return _expressions.column(name)

    @property
    def timestamp_columns(self) -> tuple[str | None, str | None]:
        """The column that says when a row is of, and the one of the partition."""
        traits = self._definition.traits
        return traits.get("timestamp_column"), traits.get("partition_timestamp_column")

    def with_timestamp_columns(
        self,
        timestamp: str | None = None,
        partition_timestamp: str | None = None,
        validate: bool = False,
        *,
        fine_grain_timestamp: str | None = None,
        coarse_grain_timestamp: str | None = None,
    ) -> TabularDataset:
        """The table with the columns of its time named, for :meth:`time_before` and its like."""
        timestamp = timestamp or fine_grain_timestamp
        partition_timestamp = partition_timestamp or coarse_grain_timestamp
        if partition_timestamp and not timestamp:
            raise UserErrorException("partition_timestamp needs a timestamp beside it.", target="timestamp")
        said = {"timestamp_column": timestamp, "partition_timestamp_column": partition_timestamp}
        traits = {word: name for word, name in said.items() if name}
        made = self._of(self._definition._replace(traits=traits), self._workspace)
        for name in traits.values() if validate else ():
            self._check_time(name)
        return made

    def time_before(self, end_time: datetime, include_boundary: bool = True, validate: bool = True) -> TabularDataset:
        """The rows of before a moment; with ``validate`` it is looked whether the column holds moments."""
        when = self._time(validate)
        return self.filter(when <= end_time if include_boundary else when < end_time)

    def time_after(self, start_time: datetime, include_boundary: bool = True, validate: bool = True) -> TabularDataset:
        """The rows of after a moment; with ``validate`` it is looked whether the column holds moments."""
        when = self._time(validate)
        return self.filter(when >= start_time if include_boundary else when > start_time)

    def time_between(
        self, start_time: datetime, end_time: datetime, include_boundary: bool = True, validate: bool = True
    ) -> TabularDataset:
        """The rows of between two moments."""
        return self.time_after(start_time, include_boundary, validate).time_before(end_time, include_boundary, False)

    def time_recent(
        self, time_delta: timedelta, include_boundary: bool = True, validate: bool = True
    ) -> TabularDataset:
        """The rows of the last while, such as ``timedelta(days=1)``."""
        return self.time_after(datetime.now() - time_delta, include_boundary, validate)

    def partition_by(
        self,
        partition_keys: Sequence[str],
        target: Any,
        name: str | None = None,
        show_progress: bool = True,
        partition_as_file_dataset: bool = False,
    ) -> Any:
        """Write the rows as Parquet files, a folder for each value of the keys, and register them with ``name``.

        ``target`` is a datastore, (datastore, "path") or a DataPath; a new folder is made below it. The dataset of the
        files has the keys as columns, by which their paths tell; with ``partition_as_file_dataset`` it is one of files.
        """
        from azureml.data import _partitions

        keys = _names(partition_keys)
        return _partitions.written(
            self.to_pandas_dataframe(), keys, target, name, show_progress, partition_as_file_dataset
        )

    def to_csv_files(self, separator: str = ",") -> FileDataset:
        """The rows as a CSV file on the default datastore, as a dataset of files."""
        return self._written("rows.csv", self.to_pandas_dataframe().to_csv(index=False, sep=separator).encode())

    def to_parquet_files(self) -> FileDataset:
        """The rows as a Parquet file on the default datastore, as a dataset of files."""
        import io

        sink = io.BytesIO()
        self.to_pandas_dataframe().to_parquet(sink, index=False)
        return self._written("rows.parquet", sink.getvalue())

    def _written(self, name: str, content: bytes) -> FileDataset:
        import tempfile

        from azureml.data.file_dataset import FileDataset

        if self._workspace is None:
            raise UserErrorException("The dataset belongs to no workspace, so there is no place for the files.")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(content)
            uri = _definition.copied([_definition.File("", str(path), name)], self._workspace)
        return FileDataset._of(_definition.Definition(({"folder": uri},)), self._workspace)

    def _time(self, validate: bool) -> _expressions.Condition:
        column = self._definition.traits.get("timestamp_column")
        if column is None:
            raise DatasetTimestampMissingError(
                "The dataset has no timestamp column: name one with with_timestamp_columns(timestamp='…')."
            )
        if validate:
            self._check_time(column)
        return _expressions.column(column)

    def _check_time(self, column: str) -> None:
        values = self._sample([column])[column]
        if values.dtype.kind != "M":
            raise DatasetValidationError(
                f"The column '{column}' holds {values.dtype}, not moments. Give it a type with set_column_types="
                f"{{'{column}': DataType.to_datetime()}}.",
                target="timestamp",
            )

    def _validated(self, made: TabularDataset, validate: bool) -> TabularDataset:
        if validate:
            made._sample()
        return made

    def _sample(self, columns: Sequence[str] = ()) -> Any:
        """The first rows of the first file, and of it these columns. Raises :class:`DatasetValidationError`."""
        try:
            files = _reading.files_of(self._definition, self._workspace)
            first = self._of(self._definition._replace(paths=({"file": files[0].uri},)), self._workspace)
            first = first.keep_columns(columns) if columns else first
            return first.to_pandas_dataframe()
        except UserErrorException as error:
            raise DatasetValidationError(error.message, target="path") from error


def _names(columns: str | Sequence[str]) -> list[str]:
    return [columns] if isinstance(columns, str) else list(columns)
