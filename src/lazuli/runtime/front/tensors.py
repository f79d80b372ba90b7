"""What a model takes and gives: tables and tensors in JSON, arrays in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import onnxruntime as ort

from lazuli.runtime.front.wire import Refusal

__all__ = ["Feeds", "Port", "Ports", "array", "ports_of"]

Feeds = dict[str, np.ndarray]

_TYPES: dict[str, tuple[str, str, dict[str, str]]] = {
    "tensor(float)": ("float32", "FP32", {"type": "number", "format": "float"}),
    "tensor(double)": ("float64", "FP64", {"type": "number", "format": "double"}),
    "tensor(float16)": ("float16", "FP16", {"type": "number", "format": "float"}),
    "tensor(int8)": ("int8", "INT8", {"type": "integer", "format": "int32"}),
    "tensor(int16)": ("int16", "INT16", {"type": "integer", "format": "int32"}),
    "tensor(int32)": ("int32", "INT32", {"type": "integer", "format": "int32"}),
    "tensor(int64)": ("int64", "INT64", {"type": "integer", "format": "int64"}),
    "tensor(uint8)": ("uint8", "UINT8", {"type": "integer", "format": "int32"}),
    "tensor(uint16)": ("uint16", "UINT16", {"type": "integer", "format": "int32"}),
    "tensor(uint32)": ("uint32", "UINT32", {"type": "integer", "format": "int64"}),
    "tensor(uint64)": ("uint64", "UINT64", {"type": "integer", "format": "int64"}),
    "tensor(bool)": ("bool", "BOOL", {"type": "boolean"}),
    "tensor(string)": ("object", "BYTES", {"type": "string"}),
}
"""Of each element type: numpy's name, that of the Open Inference Protocol, and its JSON Schema."""
MISSING_TEXT = "nan"
"""How a missing text is said to a model, which knows none: the word that exported models look for."""
WORDS = ("input_data", "dataframe_split", "dataframe_records", "instances", "inputs", "data", "Inputs")
"""Under what name callers send their data: Azure's, MLflow's, and those of other servers."""


class Port(NamedTuple):
    """An input or output: its shape has None where any size fits."""

    name: str
    kind: str
    dtype: np.dtype[Any] | None
    protocol: str
    shape: tuple[int | None, ...]
    schema: dict[str, str]
    fixed: tuple[tuple[int, int], ...]
    """Dimensions that have one size alone, and that size."""

    def __str__(self) -> str:
        sizes = ", ".join("?" if size is None else str(size) for size in self.shape)
        dtype = "string" if self.protocol == "BYTES" else str(self.dtype or self.kind)
        return f"{self.name}: {dtype}[{sizes}]"

    @property
    def is_column(self) -> bool:
        """Whether it takes one value of each row."""
        return len(self.shape) == 1 or (len(self.shape) == 2 and self.shape[1] == 1)

    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema of its nested lists."""
        schema: dict[str, Any] = dict(self.schema)
        for size in reversed(self.shape):
            schema = {"type": "array", "items": schema}
            if size is not None:
                schema.update(minItems=size, maxItems=size)
        return schema

    def example(self) -> Any:
        """Nested lists that fit it."""
        value: Any = {"string": "a", "boolean": True, "integer": 0}.get(self.schema.get("type", ""), 0.0)
        for size in reversed(self.shape):
            value = [value] * (1 if size is None else size)
        return value


class Ports:
    """All inputs and outputs of a model."""

    def __init__(self, inputs: tuple[Port, ...], outputs: tuple[Port, ...]) -> None:
        self.inputs, self.outputs = inputs, outputs
        self.names = frozenset(port.name for port in inputs)
        self.are_columns = len(inputs) > 1 and all(port.is_column for port in inputs)
        """Whether the model takes a table, with an input for each column."""
        both = (*inputs, *outputs)
        self.are_batchable = all(port.dtype is not None and port.shape[:1] == (None,) for port in both)
        """Whether requests can be put together row by row."""

    def feeds(self, said: Any) -> Feeds:
        """The arrays that a caller's JSON holds. Raises :class:`Refusal`."""
        word, data = self._data(said)
        if isinstance(data, list) and (not data or not isinstance(data[0], dict)):
            return self._rows(word, data)
        if isinstance(data, list):
            return self._columns(word, columns_of_records(word, data))
        if not isinstance(data, dict):
            raise Refusal(400, f"{word}: a list of rows or an object is expected, not {type(data).__name__}.")
        if isinstance(data.get("data"), list) and "data" not in self.names:
            if data.get("columns") is None:
                return self._rows(word, data["data"])
            return self._columns(word, columns_of_rows(word, data["columns"], data["data"]))
        return self._columns(word, data)

    def _data(self, said: Any) -> tuple[str, Any]:
        if not isinstance(said, dict):
            return "body", said
        if "input_data" in said and "input_data" not in self.names:
            return "input_data", said["input_data"]
        if self.names <= said.keys():
            return "body", {name: said[name] for name in self.names}
        word = next((word for word in WORDS if word in said), None)
        if word is None:
            raise Refusal(400, f"'input_data' is missing. The model takes {', '.join(map(str, self.inputs))}.")
        return word, said[word]

    def _rows(self, word: str, rows: list[Any]) -> Feeds:
        """Rows without names: the one input's tensor, or the columns in the order of the inputs."""
        if len(self.inputs) == 1:
            return {self.inputs[0].name: array(self.inputs[0], rows, word)}
        if not self.are_columns:
            raise Refusal(400, f"{word}: name what is sent: the model takes {', '.join(map(str, self.inputs))}.")
        return self._columns(word, columns_of_rows(word, [port.name for port in self.inputs], rows))

    def _columns(self, word: str, columns: Mapping[str, Sequence[Any]]) -> Feeds:
        """Columns or tensors by name."""
        if self.names <= columns.keys():
            return {port.name: column(port, columns[port.name], word) for port in self.inputs}
        if len(self.inputs) == 1 and len(self.inputs[0].shape) == 2:
            [port] = self.inputs  # a model of one matrix does not know the names of its columns
            width = port.shape[1]
            if width is not None and width != len(columns):
                raise Refusal(400, f"{word}: {len(columns)} columns were sent, the model takes {port}.")
            rows = [list(row) for row in zip(*columns.values(), strict=False)]
            return {port.name: array(port, rows, word)}
        missing = ", ".join(f"'{port.name}'" for port in self.inputs if port.name not in columns)
        raise Refusal(400, f"{word}: {missing} is missing. The model takes {', '.join(map(str, self.inputs))}.")

    def input_schema(self) -> dict[str, Any]:
        """The JSON Schema of a request's body, with an example."""
        if len(self.inputs) == 1:
            [port] = self.inputs
            schema, example = port.json_schema(), port.example()
        elif self.are_columns:
            properties = {port.name: dict(port.schema) for port in self.inputs}
            row = {"type": "object", "required": list(properties), "properties": properties}
            schema = {"type": "array", "items": row}
            example = [{port.name: flat(port.example()) for port in self.inputs}]
        else:
            properties = {port.name: port.json_schema() for port in self.inputs}
            schema = {"type": "object", "required": list(properties), "properties": properties}
            example = {port.name: port.example() for port in self.inputs}
        return {
            "type": "object",
            "required": ["input_data"],
            "properties": {"input_data": schema},
            "example": {"input_data": example},
        }

    def output_schema(self) -> dict[str, Any]:
        """The JSON Schema of an answer."""
        if len(self.outputs) == 1:
            return {**answered_schema(self.outputs[0]), "example": answered_example(self.outputs[0])}
        return {
            "type": "object",
            "properties": {port.name: answered_schema(port) for port in self.outputs},
            "example": {port.name: answered_example(port) for port in self.outputs},
        }


def ports_of(session: ort.InferenceSession) -> Ports:
    """What a loaded model takes and gives."""
    inputs = tuple(map(_port, session.get_inputs()))
    return Ports(inputs, tuple(map(_port, session.get_outputs())))


def _port(said: Any) -> Port:
    dtype, protocol, schema = _TYPES.get(said.type, (None, said.type, {}))
    shape = tuple(size if isinstance(size, int) else None for size in said.shape or ())
    fixed = tuple((place, size) for place, size in enumerate(shape) if size is not None)
    return Port(said.name, said.type, None if dtype is None else np.dtype(dtype), protocol, shape, schema, fixed)


def array(port: Port, values: Any, word: str) -> np.ndarray:
    """Nested lists as an array that fits an input. Raises :class:`Refusal`."""
    return fitting(port, filled(port, values, word), word)


def column(port: Port, values: Any, word: str) -> np.ndarray:
    """Values of a column, or a tensor, as an array that fits an input. Raises :class:`Refusal`."""
    word = f"{word}.{port.name}"
    if isinstance(values, dict):  # pandas writes a column as an object, by the names of the rows
        values = list(values.values())
    found = filled(port, values, word)
    if found.ndim == 1 and port.is_column:
        found = found.reshape(-1, *(1,) * (len(port.shape) - 1))
    return fitting(port, found, word)


def filled(port: Port, values: Any, word: str) -> np.ndarray:
    """Nested lists as an array of an input's type. Raises :class:`Refusal`."""
    try:
        found = np.asarray(values, dtype=port.dtype)
        if found.dtype == object:
            found = texts(found)
        elif found.dtype.kind in "iub" and found.size:
            check_whole(port, np.asarray(values), word)
    except (ValueError, TypeError, OverflowError):
        raise Refusal(400, f"{word}: what was sent does not fit into {port}.") from None
    return found


def check_whole(port: Port, values: np.ndarray, word: str) -> None:
    """Refuse numbers that an input of integers would cut off."""
    if values.dtype.kind == "f" and not np.array_equal(values, np.trunc(values)):
        raise Refusal(400, f"{word}: numbers with a fraction do not fit into {port}.")


def texts(values: np.ndarray) -> np.ndarray:
    """An array of text."""
    said = (MISSING_TEXT if value is None else value for value in values.ravel())
    found = [value if isinstance(value, str) else str(value) for value in said]
    return np.array(found, dtype=object).reshape(values.shape)


def fitting(port: Port, found: np.ndarray, word: str) -> np.ndarray:
    """The array, if its shape is one that an input takes."""
    shape, wanted = found.shape, port.shape
    fits = len(shape) == len(wanted)
    for place, size in port.fixed if fits else ():
        fits = fits and shape[place] == size
    if fits:
        return found
    raise Refusal(400, f"{word}: an array of shape {list(shape)} was sent, the model takes {port}.")


def columns_of_records(word: str, records: list[Any]) -> dict[str, list[Any]]:
    """Columns of a list of objects, in the order of the first."""
    names = list(records[0])
    try:
        return {name: [record[name] for record in records] for name in names}
    except (KeyError, TypeError):
        raise Refusal(400, f"{word}: each row has to have {', '.join(names)}.") from None


def columns_of_rows(word: str, names: list[str], rows: list[Any]) -> dict[str, list[Any]]:
    """Columns of a list of lists."""
    if not isinstance(names, list) or any(not isinstance(row, list) or len(row) != len(names) for row in rows):
        raise Refusal(400, f"{word}: each row has to have {len(names)} values: {', '.join(map(str, names))}.")
    return {str(name): [row[place] for row in rows] for place, name in enumerate(names)}


def flat(value: Any) -> Any:
    """The one value within nested lists."""
    while isinstance(value, list):
        value = value[0]
    return value


def answered(value: Any) -> Any:
    """An output as :mod:`orjson` writes it: one value a row is a list, and not a list of lists."""
    if not isinstance(value, np.ndarray):
        return value
    if value.ndim == 2 and value.shape[1] == 1:
        value = value.ravel()
    return value.tolist() if value.dtype == object else np.ascontiguousarray(value)


def answered_schema(port: Port) -> dict[str, Any]:
    """The JSON Schema of what :func:`answered` gives."""
    if port.dtype is None:
        return {"type": "array", "items": {}}
    return port._replace(shape=port.shape[:1] if port.is_column else port.shape).json_schema()


def answered_example(port: Port) -> Any:
    """An example of what :func:`answered` gives."""
    if port.dtype is None:
        return []
    return port._replace(shape=port.shape[:1] if port.is_column else port.shape).example()
