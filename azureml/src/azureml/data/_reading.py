"""Tables, made of files on this machine with pandas."""

from __future__ import annotations

import io
import random
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Mapping, NamedTuple

from azureml.data import _definition, _expressions
from azureml.data._definition import Definition, File
from azureml.data.dataset_error_handling import DatasetExecutionError

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace

_ENCODINGS = {"utf8": "utf-8", "utf8bom": "utf-8-sig", "iso88591": "latin-1", "windows1252": "cp1252"}
_DATE = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?"
_DATE_PARTS = {"yyyy": (r"\d{4}", "%Y"), "MM": (r"\d\d", "%m"), "dd": (r"\d\d", "%d")}
_TIME_PARTS = {"HH": (r"\d\d", "%H"), "mm": (r"\d\d", "%M"), "ss": (r"\d\d", "%S")}
_BY_FILE = ("extract_columns_from_partition_format",)


class Losses(NamedTuple):
    """Which values may become empty: those that cannot have the type of their column, and moments out of range."""

    errors: bool
    moments: bool

    def check(self, column: str, lost: Any) -> None:
        """Raise :class:`DatasetExecutionError` for the first lost value that may not be."""
        for value in lost:
            if not (self.moments if _is_moment(str(value)) else self.errors):
                raise DatasetExecutionError(f"The value {value!r} cannot have the type of column '{column}'.")


ANY_LOSSES = Losses(errors=True, moments=True)


def frame_of(definition: Definition, workspace: Workspace | None, losses: Losses = ANY_LOSSES) -> Any:
    """The table as a DataFrame. Raises :class:`DatasetExecutionError` for files that cannot be read so.

    ``losses`` says which values may become empty because they cannot have the type of their column.
    """
    pandas = _pandas()
    how, options = next(
        (word, said or {}) for step in definition.steps for word, said in step.items() if word.startswith("read_")
    )
    found = files_of(definition, workspace)
    pieces: list[Any] = []
    for file, content in zip(found, _definition.contents(found, workspace)):
        names = list(pieces[0].columns) if pieces and options.get("header") == "from_first_file" else None
        pieces.append(_marked(_read(how, options, content, file, names), file, definition, options))
    if not pieces:
        raise DatasetExecutionError("The dataset names no file but a definition.", target="path")
    frame = pandas.concat(pieces, ignore_index=True) if len(pieces) > 1 else pieces[0]
    for step in definition.steps:
        for word, said in step.items():
            if word == "convert_column_types":
                frame = _convert(frame, said, losses)
            elif word != how and word not in _BY_FILE:
                frame = _step(word)(frame, said).reset_index(drop=True)
    return frame


def files_of(definition: Definition, workspace: Workspace | None) -> list[File]:
    """The files that hold the rows: all but a definition that lies beside them."""
    return [file for file in _definition.files(definition.paths, workspace) if not file.place.endswith("/MLTable")]


def rows_in(folder: str) -> Any:
    """The rows of the MLTable in a folder, for a step of a job that cuts them into batches."""
    from azureml._lazuli import place
    from azureml.core.workspace import Workspace

    text = (Path(folder) / "MLTable").read_text(encoding="utf-8")
    workspace = Workspace(*place.scope_of_job(), _disable_service_check=True) if place.in_job() else None
    return frame_of(_definition.read(text, folder), workspace)


def _read(how: str, options: Mapping[str, Any], content: bytes, file: File, names: list[Any] | None) -> Any:
    pandas = _pandas()
    encoding = str(options.get("encoding") or "utf8").lower().replace("-", "").replace("_", "")
    encoding = _ENCODINGS.get(encoding, encoding)
    try:
        if how == "read_parquet":
            return pandas.read_parquet(io.BytesIO(content))
        if how == "read_json_lines":
            return _json_lines(content.decode(encoding), options)
        return _delimited(content, options, encoding, names)
    except Exception as error:  # whatever a reader finds in a file
        raise DatasetExecutionError(f"'{file.place}' cannot be read: {error}", target=file.place) from error


def _delimited(content: bytes, options: Mapping[str, Any], encoding: str, names: list[Any] | None) -> Any:
    pandas = _pandas()
    has_header = options.get("header") != "no_header" and names is None
    infers = options.get("infer_column_types") is not False
    how: dict[str, Any] = {
        "sep": options.get("delimiter") or ",",
        "encoding": encoding,
        "header": 0 if has_header else None,
        "keep_default_na": False,
        "na_values": [] if options.get("empty_as_string") else ["", "NaN", "nan"],
    }
    if not infers:
        how["dtype"] = str
    try:
        frame = pandas.read_csv(io.BytesIO(content), **how)
    except pandas.errors.EmptyDataError:
        return pandas.DataFrame()
    if names is not None:
        frame.columns = names
    elif not has_header:
        frame.columns = [f"Column{number}" for number in range(1, len(frame.columns) + 1)]
    return _with_dates(frame) if infers else frame


def _with_dates(frame: Any) -> Any:
    """Columns of texts that are all dates, as dates."""
    pandas = _pandas()
    for name in frame.columns:
        if pandas.api.types.is_numeric_dtype(frame[name]) or pandas.api.types.is_bool_dtype(frame[name]):
            continue
        texts = frame[name].dropna()
        if len(texts) and texts.astype(str).str.fullmatch(_DATE).all():
            frame[name] = _as_datetime(frame[name], None)
    return frame


def _is_moment(text: str) -> bool:
    from datetime import datetime

    try:
        datetime.fromisoformat(text.rstrip("Z"))
    except ValueError:
        return False
    return True


def _json_lines(text: str, options: Mapping[str, Any]) -> Any:
    import json

    pandas = _pandas()
    rows = []
    for line in filter(str.strip, text.splitlines()):
        try:
            rows.append(json.loads(line))
        except ValueError:
            if options.get("invalid_lines") != "drop":
                raise
    return pandas.DataFrame(rows)


def _marked(frame: Any, file: File, definition: Definition, options: Mapping[str, Any]) -> Any:
    """The rows of a file with what its path tells of them."""
    for step in definition.steps:
        if "extract_columns_from_partition_format" in step:
            for name, value in of_path(step["extract_columns_from_partition_format"], file.place).items():
                frame[name] = value
    if options.get("include_path_column"):
        frame.insert(0, "Path", f"/{file.relative}" if file.is_stored else file.place)
    return frame


def of_path(said: Any, path: str) -> dict[str, Any]:
    """The values that a partition format, such as ``/{country}/{day:yyyy/MM/dd}/data.csv``, finds in a path."""
    from datetime import datetime

    text = str(said.get("partition_format") if isinstance(said, Mapping) else said).lstrip("/")
    pattern, dates, names = "", {}, []
    for words, name, date in re.findall(r"([^{]+)|\{([^}:]*)(?::([^}]*))?\}", text):
        if words:
            pattern += re.escape(words).replace(r"\*", "[^/]*")
        elif date:
            shape, dates[name] = re.escape(date), date
            for word, (digits, sign) in {**_DATE_PARTS, **_TIME_PARTS}.items():
                shape, dates[name] = shape.replace(word, digits), dates[name].replace(word, sign)
            pattern += f"({shape})"
            names.append(name)
        else:
            pattern += "([^/]+?)" if name else "[^/]+?"
            names += [name] if name else []
    pattern = f"(?:^|/){pattern.rstrip('/')}"
    match = re.search(f"{pattern}$", path) or re.search(f"{pattern}/[^/]*$", path)  # the file's name may be left out
    if match is None:
        raise DatasetExecutionError(f"The path '{path}' does not fit partition_format '{said}'.")
    found = dict(zip(names, match.groups()))
    return {name: datetime.strptime(value, dates[name]) if name in dates else value for name, value in found.items()}


def _step(word: str) -> Callable[[Any, Any], Any]:
    found = _STEPS.get(word)
    if found is None:
        raise DatasetExecutionError(
            f"The transformation '{word}' is not known here; there are {', '.join(_STEPS)}, convert_column_types."
        )
    return found


def _take(frame: Any, said: Any) -> Any:
    return frame.head(int(said))


def _skip(frame: Any, said: Any) -> Any:
    return frame.iloc[int(said) :]


def _keep(frame: Any, said: Any) -> Any:
    names = [said] if isinstance(said, str) else list(said)
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise DatasetExecutionError(f"There is no column '{missing[0]}'. There are: {', '.join(map(str, frame))}.")
    return frame[names]


def _drop(frame: Any, said: Any) -> Any:
    return frame.drop(columns=[said] if isinstance(said, str) else list(said), errors="ignore")


def _sample(frame: Any, said: Mapping[str, Any]) -> Any:
    """Each row with a probability, the same rows for the same seed; or exactly the others."""
    chance = random.Random(said.get("seed"))
    chosen = [chance.random() < said["probability"] for _ in range(len(frame))]
    return frame[[each != bool(said.get("complement")) for each in chosen]]


def _filter(frame: Any, said: str) -> Any:
    return frame[_expressions.holds(said, frame)]


def _convert(frame: Any, said: Any, losses: Losses) -> Any:
    for entry in said if isinstance(said, list) else [said]:
        names = entry["columns"]
        for name in [names] if isinstance(names, str) else names:
            if name not in frame.columns:
                raise DatasetExecutionError(f"There is no column '{name}' to give a type to.")
            made = _as_type(frame[name], entry["column_type"])
            losses.check(name, frame[name][frame[name].notna() & made.isna()])
            frame = frame.assign(**{name: made})
    return frame


def _as_type(values: Any, kind: Any) -> Any:
    pandas = _pandas()
    kind, said = next(iter(kind.items())) if isinstance(kind, Mapping) else (kind, None)
    said = said or {}
    if kind in ("int", "float"):
        numbers = pandas.to_numeric(values, errors="coerce")
        return numbers.astype("int64") if kind == "int" and not numbers.isna().any() else numbers.astype("float64")
    if kind == "string":
        return values.astype(object).where(values.isna(), values.astype(str))
    if kind == "datetime":
        return _as_datetime(values, (said.get("formats") or [None])[0])
    if kind == "boolean":
        true = {str(each).lower() for each in said.get("true_values") or ("true", "1", "1.0", "yes")}
        false = {str(each).lower() for each in said.get("false_values") or ("false", "0", "0.0", "no")}
        known = {**dict.fromkeys(true, True), **dict.fromkeys(false, False)}
        return values.astype(str).str.lower().map(known)
    return values


def _as_datetime(values: Any, form: str | None) -> Any:
    pandas = _pandas()
    how = {"format": form} if form else {}
    found = pandas.to_datetime(values.astype(str).where(values.notna()), errors="coerce", **how)
    return found.dt.tz_localize(None) if getattr(found.dt, "tz", None) is not None else found


_STEPS: dict[str, Callable[[Any, Any], Any]] = {
    "take": _take,
    "skip": _skip,
    "keep_columns": _keep,
    "drop_columns": _drop,
    "take_random_sample": _sample,
    "filter": _filter,
}


def _pandas() -> Any:
    try:
        import pandas
    except ImportError:
        raise DatasetExecutionError(
            "A table is read with pandas, which is not installed: pip install pandas."
        ) from None
    return pandas
