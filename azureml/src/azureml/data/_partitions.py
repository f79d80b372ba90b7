"""Tables written as a folder for each value of some columns, whose paths tell the values."""

from __future__ import annotations

import tempfile
import uuid
from pathlib import Path
from typing import Any, Sequence

from azureml.data.dataset_factory import DataType, FileDatasetFactory, TabularDatasetFactory, placed
from azureml.exceptions import UserErrorException

_FILE = "part-00000.parquet"


def written(frame: Any, keys: Sequence[str], target: Any, name: str | None, show_progress: bool, as_files: bool) -> Any:
    """The dataset of the files that a frame was written as."""
    store, place = placed(target)
    for key in keys:
        if key not in frame.columns:
            known = ", ".join(map(str, frame.columns))
            raise UserErrorException(f"There is no column '{key}'. There are: {known}.", target="partition_keys")
    place = f"{place}/{uuid.uuid4()}".lstrip("/")
    with tempfile.TemporaryDirectory() as folder:
        for values, part in frame.groupby(list(keys), dropna=False):
            values = values if isinstance(values, tuple) else (values,)  # one key, and an old pandas
            file = Path(folder).joinpath(*(_folder(key, value) for key, value in zip(keys, values)), _FILE)
            file.parent.mkdir(parents=True)
            part.drop(columns=list(keys)).to_parquet(str(file), index=False)
        store.upload(folder, place, overwrite=True, show_progress=show_progress)
    paths, format = [(store, f"{place}/")], "".join(f"/{{{key}}}" for key in keys) + f"/{_FILE}"
    if as_files:
        made: Any = FileDatasetFactory.from_files(paths, validate=False, partition_format=format)
    else:
        types = {key: kind for key in keys for kind in _type(frame[key])}
        made = TabularDatasetFactory.from_parquet_files(
            paths, validate=False, set_column_types=types, partition_format=format
        )
    return made.register(store.workspace, name, create_new_version=True) if name else made


def _folder(key: str, value: Any) -> str:
    """The name of the folder with the rows of a value."""
    text = str(value)
    if value != value or value is None or text in ("", ".", "..") or "/" in text or "\\" in text:
        raise UserErrorException(
            f"The value {value!r} of '{key}' cannot be the name of a folder.", target="partition_keys"
        )
    return text


def _type(values: Any) -> list[DataType]:
    """The type that the column has again when its values are read out of paths; none for text."""
    kinds = {"i": DataType.to_long, "u": DataType.to_long, "f": DataType.to_float, "b": DataType.to_bool}
    kinds["M"] = DataType.to_datetime
    make = kinds.get(values.dtype.kind)
    return [make()] if make else []
