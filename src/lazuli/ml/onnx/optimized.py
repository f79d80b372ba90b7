"""Smaller and faster variants of an ONNX model, each with what it costs in accuracy and gains in speed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from lazuli.ml.onnx.checked import Compared, lines, measured, scale_of
from lazuli.ml.onnx.files import missing, read
from lazuli.ml.onnx.quiet import quiet
from lazuli.ml.onnx.rows import feeds, rows_of
from lazuli.ml.onnx.running import Runnable
from lazuli.ml.onnx.signature import Port
from lazuli.schema.problems import InvalidInput, Problem, Unsupported, did_you_mean

__all__ = ["VARIANT", "VARIANTS", "Optimized", "Variant", "optimize"]

VARIANT = "lazuli.variant"
"""The key of a variant's metadata under which its parity and speed are kept, as JSON."""
_INVENTED = 64
_RUNS = 300
_SECONDS = 2.0


@dataclass(frozen=True)
class Variant:
    """A model, its size and its speed; of a variant also how it compares with its parent."""

    name: str
    file: Path | None
    """None where there is no such variant: ``note`` says why."""
    size: int = 0
    """Bytes."""
    latency_us: float = 0
    """The median time that one row takes, on one core."""
    parent_latency_us: float = 0
    """Of its parent, measured in turns with it."""
    parity: Compared | None = None
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {**asdict(self), "file": str(self.file) if self.file else None}


@dataclass(frozen=True)
class Optimized:
    """A model and its variants."""

    parent: Variant
    variants: tuple[Variant, ...]


def optimize(
    file: str | Path, sample: Any = None, *, variants: Sequence[str] = (), folder: str | Path | None = None
) -> Optimized:
    """Write variants of an ONNX model into ``folder`` (else beside it), compared with it in answers and speed.

    ``int8`` holds weights in eight bits and quantises what flows through while it runs, ``float16`` computes in half
    precision, ``graph`` merges and drops nodes. ``sample`` are rows as the model takes them, or a mapping of its inputs
    to arrays; without it numbers are drawn at random, which says little of a model in use.

    A variant that would not differ is left out with a note. Raises :class:`InvalidInput` for one that is not known.
    """
    wanted = variants or tuple(VARIANTS)
    if unknown := [name for name in wanted if name not in VARIANTS]:
        raise InvalidInput(
            f"There is no variant '{unknown[0]}'.", target="variants", mend=did_you_mean(unknown[0], list(VARIANTS))
        )
    source = Path(file)
    read(source)
    parent = Runnable(source)
    given = _given(sample, parent.inputs)
    target = Path(folder) if folder else source.parent
    target.mkdir(parents=True, exist_ok=True)
    made = [_variant(name, source, target / f"{source.stem}.{name}.onnx", parent, given) for name in wanted]
    own = Variant("parent", source, source.stat().st_size, _latencies([parent], given)[0])
    return Optimized(own, tuple(made))


def _given(sample: Any, inputs: Sequence[Port]) -> dict[str, Any]:
    """What the model is asked about, by its inputs."""
    if isinstance(sample, Mapping):
        return dict(sample)
    if sample is not None:
        return dict(feeds(rows_of(sample), inputs))
    import numpy as np

    rng = np.random.default_rng(0)
    return {port.name: _drawn(port, rng) for port in inputs}


def _drawn(port: Port, rng: Any) -> Any:
    import numpy as np

    first, *rest = port.shape or (None,)
    shape = [first if isinstance(first, int) else _INVENTED, *(size if isinstance(size, int) else 1 for size in rest)]
    if port.type == "string":
        return np.full(shape, "text", dtype=object)
    if port.type.startswith("float"):
        return rng.standard_normal(shape).astype(port.type)
    try:
        return rng.integers(0, 2, shape).astype(port.type)
    except TypeError:
        raise Unsupported(
            f"Nothing can be drawn for the input '{port.name}' of type {port.type}.", mend="Give a sample."
        ) from None


def _variant(name: str, source: Path, file: Path, parent: Runnable, given: Mapping[str, Any]) -> Variant:
    try:
        VARIANTS[name](source, file)
        model = Runnable(file)
        parity = _parity(parent, model, given)
    except Exception as error:  # the tools raise whatever they meet, and the other variants are still wanted
        file.unlink(missing_ok=True)
        return Variant(name, None, note=_why(error))
    before, after = _latencies([parent, model], given)
    _keep(file, {"of": source.name, "parity": asdict(parity), "latency_us": after, "parent_latency_us": before})
    return Variant(name, file, file.stat().st_size, after, before, parity)


def _parity(parent: Runnable, model: Runnable, given: Mapping[str, Any]) -> Compared:
    count = len(next(iter(given.values())))
    wanted, got = ({name: lines(answer, count) for name, answer in each.run(given).items()} for each in (parent, model))
    return measured("rows given", wanted, got, scale_of(wanted))[0]


def _latencies(models: Sequence[Runnable], given: Mapping[str, Any]) -> list[float]:
    """The median time in µs that each takes for one row; in turns, so that all meet the same noise."""
    first = models[0].inputs[0].shape or (None,)
    step = first[0] if isinstance(first[0], int) else 1
    count = len(next(iter(given.values())))
    times: list[list[float]] = [[] for _ in models]
    until = time.perf_counter() + _SECONDS
    for turn in range(_RUNS):
        place = turn * step % max(count - step + 1, 1)
        row = {name: values[place : place + step] for name, values in given.items()}
        for model, spent in zip(models, times):
            begun = time.perf_counter()
            model.run(row)
            spent.append(time.perf_counter() - begun)
        if time.perf_counter() > until:
            break
    return [median(spent) * 1e6 for spent in times]


def _keep(file: Path, told: Mapping[str, Any]) -> None:
    """Write what was measured into the variant, instead of the check of its parent."""
    import onnx

    model = onnx.load_model(file)
    kept = [said for said in model.metadata_props if not said.key.startswith("lazuli.")]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
    model.metadata_props.add(key=VARIANT, value=json.dumps(told))
    file.write_bytes(model.SerializeToString())


def _why(error: Exception) -> str:
    if isinstance(error, _Unchanged):
        return str(error)
    return error.message if isinstance(error, Problem) else f"{type(error).__name__}: {error}"


class _Unchanged(Exception):
    """The variant would be the model itself."""


def _int8(source: Path, file: Path) -> None:
    try:
        from onnxruntime.quantization import QuantType, quantize_dynamic
    except ModuleNotFoundError:
        raise missing("onnxruntime") from None
    nothing = _Unchanged("It has no matrix product, convolution or recurrence with weights to quantise.")
    with quiet():
        try:
            quantize_dynamic(_without_hints(source), file, weight_type=QuantType.QInt8)
        except ValueError:  # of a model that has no operator of ONNX's own
            raise nothing from None
    if not any("Integer" in node.op_type or "Dequantize" in node.op_type for node in read(file).graph.node):
        raise nothing


def _without_hints(source: Path) -> Any:
    """The model without the shapes that are written beside its values: quantising turns weights around."""
    import onnx

    model = onnx.load_model(source)
    del model.graph.value_info[:]
    return model


def _float16(source: Path, file: Path) -> None:
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    with quiet():
        model = convert_float_to_float16(onnx.load_model(source), keep_io_types=True)
    if not any(tensor.data_type == onnx.TensorProto.FLOAT16 for tensor in model.graph.initializer):
        raise _Unchanged("It has no float32 weights that could be float16.")
    file.write_bytes(model.SerializeToString())


def _graph(source: Path, file: Path) -> None:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.optimized_model_filepath = str(file)
    # What goes beyond it binds the file to the kind of processor that wrote it.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    onnxruntime.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])
    before, after = ([node.op_type for node in read(each).graph.node] for each in (source, file))
    if before == after:
        raise _Unchanged("There is nothing to merge or to drop.")


VARIANTS: dict[str, Callable[[Path, Path], None]] = {"graph": _graph, "int8": _int8, "float16": _float16}
"""The variants, each as what writes it from one file into another."""
