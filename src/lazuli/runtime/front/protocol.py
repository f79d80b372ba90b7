"""The Open Inference Protocol, version 2, in JSON and with its extension for binary tensors."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import orjson

from lazuli.runtime.front.requests import Request
from lazuli.runtime.front.tensors import Feeds, Port, Ports, array, fitting
from lazuli.runtime.front.wire import Answer, Refusal

__all__ = ["INFER", "Asked", "described", "read", "route", "written", "wrong"]

INFER = "infer"
JSON = b"content-type: application/json\r\n"
BINARY = b"content-type: application/octet-stream\r\ninference-header-content-length: %d\r\n"
HEAD_LENGTH = b"inference-header-content-length"


class Asked(NamedTuple):
    """A request for inference; of each output that is named, whether it is wanted in binary."""

    id: str | None
    feeds: Feeds
    outputs: dict[str, bool]
    is_binary: bool


def route(path: bytes, model: str) -> str:
    """What a path asks for. Raises :class:`Refusal` for one that leads nowhere."""
    words = path.decode("latin-1").strip("/").split("/")[1:]
    if words in ([], ["health", "live"], ["health", "ready"]):
        return words[-1] if words else "server"
    if words[0] != "models" or len(words) < 2:
        raise Refusal(404, "There are /v2, /v2/health and /v2/models.")
    if words[1] != model:
        raise Refusal(404, f"There is no model '{words[1]}' here, but '{model}'.")
    rest = words[4:] if words[2:3] == ["versions"] else words[2:]
    if rest in ([], ["ready"], [INFER]):
        return rest[0] if rest else "model"
    raise Refusal(404, f"A model has /ready and /infer, not /{'/'.join(rest)}.")


def described(route: str, model: str, ports: Ports) -> Answer:
    """What is told of the server or the model."""
    if route in ("live", "ready"):
        said: dict[str, Any] = {route: True}
    elif route == "server":
        said = {"name": "lazuli", "version": "1", "extensions": ["binary_tensor_data"]}
    else:
        inputs, outputs = (list(map(port_said, side)) for side in (ports.inputs, ports.outputs))
        said = {"name": model, "versions": ["1"], "platform": "onnxruntime_onnx", "inputs": inputs, "outputs": outputs}
    return Answer(200, JSON, orjson.dumps(said))


def port_said(port: Port) -> dict[str, Any]:
    """An input or output in the protocol's words."""
    shape = [-1 if size is None else size for size in port.shape]
    return {"name": port.name, "datatype": port.protocol, "shape": shape}


def read(request: Request, ports: Ports) -> Asked:
    """What a request asks for. Raises :class:`Refusal`."""
    length = request.head.first(HEAD_LENGTH)
    if length and not length.isdigit():
        raise Refusal(400, "Inference-Header-Content-Length is not a number.")
    end = int(length) if length else len(request.body)
    try:
        said = orjson.loads(request.body[:end])
    except orjson.JSONDecodeError as error:
        raise Refusal(400, f"The request is no JSON: {error}") from None
    if not isinstance(said, dict) or not isinstance(said.get("inputs"), list):
        raise Refusal(400, "'inputs' is missing: a list of tensors.")
    known, rest = {port.name: port for port in ports.inputs}, memoryview(request.body)[end:]
    feeds: Feeds = {}
    for tensor in said["inputs"]:
        port = known.get(str(tensor.get("name"))) if isinstance(tensor, dict) else None
        if port is None:
            raise Refusal(400, f"inputs: the model takes {', '.join(map(str, ports.inputs))}.")
        feeds[port.name], rest = tensor_read(port, tensor, rest)
    missing = [str(port) for port in ports.inputs if port.name not in feeds]
    if missing:
        raise Refusal(400, f"inputs: {', '.join(missing)} is missing.")
    all_binary = bool((said.get("parameters") or {}).get("binary_data_output", False))
    outputs = {}
    for output in said.get("outputs") or ():
        if not isinstance(output, dict) or "name" not in output:
            raise Refusal(400, "outputs: each has to have a 'name'.")
        outputs[output["name"]] = bool((output.get("parameters") or {}).get("binary_data", all_binary))
    return Asked(said.get("id"), feeds, outputs, all_binary)


def tensor_read(port: Port, said: dict[str, Any], rest: memoryview) -> tuple[np.ndarray, memoryview]:
    """An input's array, and the bytes behind it."""
    word, shape = f"inputs.{port.name}", said.get("shape")
    if said.get("datatype") != port.protocol:
        raise Refusal(400, f"{word}: datatype '{said.get('datatype')}' was sent, the model takes {port.protocol}.")
    if not isinstance(shape, list) or not all(isinstance(size, int) and size >= 0 for size in shape):
        raise Refusal(400, f"{word}: 'shape' has to be a list of whole numbers.")
    size = (said.get("parameters") or {}).get("binary_data_size")
    try:
        if size is None:
            values = array(port._replace(shape=(None,), fixed=()), flattened(said.get("data")), word)
        elif port.protocol == "BYTES":
            values, rest = texts_read(rest[:size]), rest[size:]
        else:
            values, rest = np.frombuffer(rest[:size], port.dtype), rest[size:]
        return fitting(port, values.reshape(shape), word), rest
    except (ValueError, TypeError):
        raise Refusal(400, f"{word}: the data do not fill an array of shape {shape}.") from None


def flattened(data: Any) -> list[Any]:
    """All values of lists that may be nested, in their order."""
    if not isinstance(data, list):
        raise ValueError
    while data and isinstance(data[0], list):
        data = [value for part in data for value in part]
    return data


def texts_read(data: memoryview) -> np.ndarray:
    """Texts, each behind its length."""
    found, place = [], 0
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "little")
        found.append(bytes(data[place + 4 : place + 4 + size]).decode())
        place += 4 + size
    return np.array(found, dtype=object)


def texts_written(values: np.ndarray) -> bytes:
    """The bytes that :func:`texts_read` reads."""
    encoded = [str(value).encode() for value in values.ravel()]
    return b"".join(len(text).to_bytes(4, "little") + text for text in encoded)


def written(asked: Asked, model: str, names: tuple[str, ...], outputs: list[Any], ports: Ports) -> Answer:
    """The answer that holds the outputs. Raises :class:`Refusal` for one that is no tensor."""
    types = {port.name: port.protocol for port in ports.outputs}
    said, tails = [], []
    for name, value in zip(names, outputs, strict=True):
        if not isinstance(value, np.ndarray):
            raise Refusal(400, f"outputs: '{name}' is no tensor; ask for it at /score.")
        tensor: dict[str, Any] = {"name": name, "shape": list(value.shape), "datatype": types[name]}
        if asked.outputs.get(name, asked.is_binary):
            tail = texts_written(value) if value.dtype == object else np.ascontiguousarray(value).tobytes()
            tensor["parameters"] = {"binary_data_size": len(tail)}
            tails.append(tail)
        else:
            flat = np.ascontiguousarray(value).ravel()
            tensor["data"] = flat.tolist() if value.dtype == object else flat
        said.append(tensor)
    whole: dict[str, Any] = {"model_name": model, "model_version": "1", "outputs": said}
    if asked.id is not None:
        whole["id"] = asked.id
    head = orjson.dumps(whole, option=orjson.OPT_SERIALIZE_NUMPY)
    return Answer(200, BINARY % len(head) if tails else JSON, b"".join([head, *tails]))


def wrong(status: int, message: str) -> Answer:
    """An answer that tells what went wrong, in the protocol's words."""
    return Answer(status, JSON, orjson.dumps({"error": message}))
