"""How datasets are made."""

from __future__ import annotations

import os
import tempfile
import uuid
from pathlib import Path
from typing import Any, Mapping

from azureml._lazuli import snapshot
from azureml._lazuli.declined import declined
from azureml._lazuli.ignored import glob
from azureml.data import _definition
from azureml.data._definition import Definition
from azureml.data.azure_storage_datastore import AbstractDatastore
from azureml.data.datapath import DataPath
from azureml.data.dataset_error_handling import DatasetValidationError
from azureml.data.dataset_type_definitions import PromoteHeadersBehavior
from azureml.data.file_dataset import FileDataset
from azureml.data.tabular_dataset import TabularDataset
from azureml.exceptions import UserErrorException

__all__ = ["DataType", "FileDatasetFactory", "TabularDatasetFactory"]

_HEADERS = {
    PromoteHeadersBehavior.NO_HEADERS: "no_header",
    PromoteHeadersBehavior.ONLY_FIRST_FILE_HAS_HEADERS: "from_first_file",
    PromoteHeadersBehavior.COMBINE_ALL_FILES_HEADERS: "all_files_different_headers",
    PromoteHeadersBehavior.ALL_FILES_HAVE_SAME_HEADERS: "all_files_same_headers",
}


class DataType:
    """The type of a column, for ``set_column_types``."""

    def __init__(self, said: Any) -> None:
        self._said = said

    @staticmethod
    def to_string() -> DataType:
        """Text."""
        return DataType("string")

    @staticmethod
    def to_long() -> DataType:
        """Whole numbers."""
        return DataType("int")

    @staticmethod
    def to_float(decimal_mark: str = ".") -> DataType:
        """Numbers."""
        return DataType("float")

    @staticmethod
    def to_bool(
        true_values: list[str] | None = None, false_values: list[str] | None = None, mismatch_as: Any = None
    ) -> DataType:
        """True and false, as the texts that mean them."""
        words = {"true_values": true_values, "false_values": false_values}
        said = {word: value for word, value in words.items() if value}
        return DataType({"boolean": said} if said else "boolean")

    @staticmethod
    def to_datetime(formats: str | list[str] | None = None) -> DataType:
        """Moments, written in this way (as ``strftime`` says it)."""
        formats = [formats] if isinstance(formats, str) else formats
        return DataType({"datetime": {"formats": formats}} if formats else "datetime")

    @staticmethod
    def to_stream(workspace: Any = None, escaped: bool = False) -> DataType:
        """Paths of files; they stay the texts that they are."""
        return DataType("stream_info")


def types_step(types: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """The step that gives columns their types; none where no types are said."""
    for name, kind in (types or {}).items():
        if not isinstance(kind, DataType):
            raise UserErrorException(
                f"The type of '{name}' is made with DataType.to_string(), to_long(), to_float(), to_bool() or "
                "to_datetime().",
                target="set_column_types",
            )
    entries = [{"columns": name, "column_type": kind._said} for name, kind in (types or {}).items()]
    return [{"convert_column_types": entries}] if entries else []


def delimited_options(separator: str, header: Any, include_path: bool) -> dict[str, Any]:
    """What is said of delimited text that is read."""
    if isinstance(header, bool):
        header = "all_files_same_headers" if header else "no_header"
    header = _HEADERS.get(header, header) if isinstance(header, PromoteHeadersBehavior) else header
    if header not in _HEADERS.values():
        raise UserErrorException(f"header is {header!r}: True, False or a PromoteHeadersBehavior.", target="header")
    said: dict[str, Any] = {"delimiter": separator, "header": header, "encoding": "utf8"}
    return {**said, **_path_column(include_path)}


def _path_column(is_wanted: bool) -> dict[str, Any]:
    return {"include_path_column": True} if is_wanted else {}


def _partition_step(format: str | None) -> list[Mapping[str, Any]]:
    """The step that makes columns of parts of a path; none where no format is said."""
    return [{"extract_columns_from_partition_format": {"partition_format": format}}] if format else []


class TabularDatasetFactory:
    """Tables. All is lazy: rows are read when somebody asks for them."""

    @staticmethod
    def from_delimited_files(
        path: Any,
        validate: bool = True,
        include_path: bool = False,
        infer_column_types: bool = True,
        set_column_types: Mapping[str, DataType] | None = None,
        separator: str = ",",
        header: Any = True,
        partition_format: str | None = None,
        support_multi_line: bool = False,
        empty_as_string: bool = False,
        encoding: str = "utf8",
    ) -> TabularDataset:
        """A table of delimited text, such as CSV. Raises :class:`DatasetValidationError` where it cannot be read."""
        said = {**delimited_options(separator, header, include_path), "encoding": encoding}
        said.update({} if infer_column_types else {"infer_column_types": False})
        said.update({"support_multi_line": True} if support_multi_line else {})
        said.update({"empty_as_string": True} if empty_as_string else {})
        return _table(path, "read_delimited", said, validate, set_column_types, partition_format)

    @staticmethod
    def from_parquet_files(
        path: Any,
        validate: bool = True,
        include_path: bool = False,
        set_column_types: Mapping[str, DataType] | None = None,
        partition_format: str | None = None,
    ) -> TabularDataset:
        """A table of Parquet files."""
        return _table(path, "read_parquet", _path_column(include_path), validate, set_column_types, partition_format)

    @staticmethod
    def from_json_lines_files(
        path: Any,
        validate: bool = True,
        include_path: bool = False,
        set_column_types: Mapping[str, DataType] | None = None,
        partition_format: str | None = None,
        invalid_lines: str = "error",
        encoding: str = "utf8",
    ) -> TabularDataset:
        """A table of files with a JSON object on each line."""
        if invalid_lines not in ("error", "drop"):
            raise UserErrorException(
                f"invalid_lines is '{invalid_lines}': it is 'error' or 'drop'.", target="invalid_lines"
            )
        said = {"encoding": encoding, "invalid_lines": invalid_lines, **_path_column(include_path)}
        return _table(path, "read_json_lines", said, validate, set_column_types, partition_format)

    @staticmethod
    @declined(
        "Lazuli has no datastore that is a database. Read with pandas.read_sql, and keep the frame with "
        "Dataset.Tabular.register_pandas_dataframe(frame, target, name)."
    )
    def from_sql_query(
        query: Any,
        validate: bool = True,
        set_column_types: Mapping[str, DataType] | None = None,
        query_timeout: int = 30,
    ) -> Any:
        """Raises what to use instead: no datastore is a database here."""

    @staticmethod
    def register_pandas_dataframe(
        dataframe: Any,
        target: Any,
        name: str,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        show_progress: bool = True,
        row_group_size: int | None = None,
        make_target_path_unique: bool = True,
    ) -> TabularDataset:
        """Keep a frame as a Parquet file at ``target`` (a datastore, or one with a path) and register it."""
        store, folder = placed(target)
        if make_target_path_unique:
            folder = f"{folder}/{uuid.uuid4()}".lstrip("/")
        with tempfile.TemporaryDirectory() as place:
            file = Path(place) / "part-00000.parquet"
            how = {"row_group_size": row_group_size} if row_group_size else {}
            dataframe.to_parquet(str(file), index=False, **how)
            store.upload_files([str(file)], target_path=folder, overwrite=True, show_progress=show_progress)
        made = TabularDatasetFactory.from_parquet_files([(store, f"{folder}/")], validate=False)
        return made.register(store.workspace, name, description, tags, create_new_version=True)


class FileDatasetFactory:
    """Files as they are."""

    @staticmethod
    def from_files(
        path: Any, validate: bool = True, partition_format: str | None = None, is_file: bool = False
    ) -> FileDataset:
        """The files at paths, which may have wildcards. Raises :class:`DatasetValidationError` where none is there."""
        paths, workspace = _definition.named(path)
        made = FileDataset._of(Definition(tuple(paths), tuple(_partition_step(partition_format))), workspace)
        if validate:
            try:
                _definition.files([each for each in paths if "http" not in str(each)], workspace)
            except UserErrorException as error:
                raise DatasetValidationError(error.message, target="path") from error
        return made

    @staticmethod
    def upload_directory(
        src_dir: str | os.PathLike[str],
        target: Any,
        pattern: str | None = None,
        overwrite: bool = False,
        show_progress: bool = True,
    ) -> FileDataset:
        """Send a folder to ``target`` (a datastore, or one with a path); the dataset of what was sent.

        ``pattern`` chooses among its files, such as ``*.png``.
        """
        folder = Path(src_dir).expanduser()
        if not folder.is_dir():
            raise UserErrorException(f"There is no folder '{src_dir}'.", target="src_dir")
        store, place = placed(target)
        fits = glob(pattern.lstrip("./")).fullmatch if pattern else bool
        chosen = [str(path) for relative, path in snapshot.below(folder) if fits(relative)]
        if not chosen:
            raise UserErrorException(f"No file of '{src_dir}' fits '{pattern or '*'}'.", target="pattern")
        there = {each.name for each in store._container().names(f"{place}/" if place else "")}
        if there and not overwrite:
            raise UserErrorException(
                f"There are files at '{place}' already. Set overwrite=True to replace those of the same names.",
                target="target",
            )
        store.upload_files(chosen, str(folder), place or None, overwrite, show_progress)
        return FileDatasetFactory.from_files([(store, f"{place}/" if place else "")], validate=False)


def _table(
    path: Any,
    word: str,
    said: Mapping[str, Any],
    validate: bool,
    types: Mapping[str, DataType] | None,
    partition_format: str | None,
) -> TabularDataset:
    paths, workspace = _definition.named(path)
    steps = ({word: dict(said)}, *_partition_step(partition_format), *types_step(types))
    made = TabularDataset._of(Definition(tuple(paths), steps), workspace)
    if validate and _has_pandas():
        made._sample()
    return made


def _has_pandas() -> bool:
    import importlib.util

    return importlib.util.find_spec("pandas") is not None


def placed(target: Any) -> tuple[AbstractDatastore, str]:
    """The datastore and the folder there that a target names."""
    if isinstance(target, DataPath) and target._datastore is not None:
        return target._datastore, (target.path_on_datastore or "").strip("/")
    if isinstance(target, AbstractDatastore):
        return target, ""
    if isinstance(target, (tuple, list)) and len(target) == 2 and isinstance(target[0], AbstractDatastore):
        return target[0], str(target[1]).strip("/")
    raise UserErrorException("target is a datastore, (datastore, 'path') or a DataPath.", target="target")
