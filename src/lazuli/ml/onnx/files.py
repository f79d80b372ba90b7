"""Opening ONNX files: as data, without running them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lazuli.schema.problems import InvalidInput, NotFound, TooLarge, Unavailable

__all__ = ["LARGEST", "missing", "read"]

LARGEST = 2**31 - 1
"""Bytes that one ONNX file can hold; weights beyond that lie in files beside it."""


def read(file: str | Path) -> Any:
    """The ``onnx.ModelProto`` in a file; weights that lie in other files are not opened.

    Raises :class:`NotFound` where there is no file, :class:`InvalidInput` where it holds no ONNX model, and
    :class:`TooLarge` for more than ONNX allows.
    """
    path = Path(file)
    if not path.is_file():
        raise NotFound(f"There is no file '{path}'.", target="file", mend="Name an ONNX file.")
    if path.stat().st_size > LARGEST:
        raise TooLarge(
            f"'{path.name}' is larger than the 2 GiB that one ONNX file can hold.",
            target="file",
            mend="Save it with its weights as external data.",
        )
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ModuleNotFoundError:
        raise missing("onnx") from None
    try:
        model = onnx.load_model_from_string(path.read_bytes())
    except DecodeError:
        raise _no_model(path, "its bytes are no ONNX model") from None
    if not model.ir_version or not model.HasField("graph"):
        raise _no_model(path, "it has no graph")
    if not model.graph.output:
        raise _no_model(path, "its graph has no output")
    return model


def missing(package: str) -> Unavailable:
    """What to raise where a package of the extra ``onnx`` is not installed."""
    return Unavailable(
        f"ONNX models need the package '{package}'.", mend="Install what they need: pip install 'lazuli-ml[onnx]'."
    )


def _no_model(path: Path, reason: str) -> InvalidInput:
    return InvalidInput(
        f"'{path.name}' holds no ONNX model: {reason}.",
        target="file",
        mend="Name a file that an ONNX exporter wrote, as 'lazuli model export' does; it may have been cut short.",
    )
