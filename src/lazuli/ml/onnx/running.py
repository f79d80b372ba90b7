"""Running an ONNX model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lazuli.ml.onnx.files import missing
from lazuli.ml.onnx.rows import feeds
from lazuli.ml.onnx.signature import Port
from lazuli.schema.problems import Unsupported

__all__ = ["Runnable"]

_TYPES: dict[str, str] = {"float": "float32", "double": "float64"}


class Runnable:
    """An ONNX model in ONNX Runtime, on one core."""

    def __init__(self, model: str | Path | bytes) -> None:
        """Load it. Raises :class:`Unsupported` where ONNX Runtime cannot run it, with what it says of it."""
        try:
            import onnxruntime
        except ModuleNotFoundError:
            raise missing("onnxruntime") from None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self.session = onnxruntime.InferenceSession(
                model if isinstance(model, bytes) else str(model), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its classes of errors have no common one
            raise _cannot_run(error) from None
        self.inputs = [_port(value) for value in self.session.get_inputs()]
        self.outputs = [value.name for value in self.session.get_outputs()]

    def answers(self, rows: Any) -> dict[str, Any]:
        """The outputs for rows, by name."""
        return self.run(feeds(rows, self.inputs))

    def run(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs for inputs as ONNX Runtime takes them."""
        try:
            return dict(zip(self.outputs, self.session.run(None, dict(given))))
        except Exception as error:  # as above
            raise _cannot_run(error) from None


def _port(value: Any) -> Port:
    kind: str = value.type.removeprefix("tensor(").removesuffix(")")
    return Port(value.name, _TYPES.get(kind, kind), tuple(value.shape))


def _cannot_run(error: Exception) -> Unsupported:
    told = " ".join(str(error).split())
    if "locale" in told:
        return Unsupported(
            "The model works on texts in the language 'en_US.UTF-8', which this machine does not know.",
            target="model",
            mend="Install it: on Debian 'apt install locales', and 'en_US.UTF-8 UTF-8' in /etc/locale.gen.",
        )
    return Unsupported(f"ONNX Runtime cannot run the model: {told}", target="model")
