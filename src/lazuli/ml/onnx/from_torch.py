"""Networks of PyTorch: asked as they are, and exported by PyTorch's own exporter."""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lazuli.ml.onnx.files import missing
from lazuli.ml.onnx.graphs import name_dimensions, rename_outputs
from lazuli.ml.onnx.originals import Conversion, Original, together
from lazuli.ml.onnx.quiet import quiet
from lazuli.ml.onnx.tensors import Tensors, tensors_of
from lazuli.schema.problems import InvalidInput, Unsupported

__all__ = ["original"]

_TRACED = 4
"""Rows that the exporter follows through the network; of one row it would think that there is always one."""


def original(model: Any, sample: Any, dynamic: Mapping[str, Sequence[int]] | None = None) -> Original:
    """The network as it answers when it is used; dropout and the like are off. The model itself is left as it is.

    Raises :class:`Unsupported` for what was compiled for TorchScript, which the exporter cannot follow.
    """
    import torch  # pyright: ignore[reportMissingImports]

    if isinstance(model, torch.jit.ScriptModule):
        raise Unsupported(
            "The network was compiled for TorchScript, which PyTorch's exporter does not follow any more.",
            target="model",
            mend="Export the module that it was compiled from, or the program that torch.export made of it.",
        )
    is_program = isinstance(model, torch.export.ExportedProgram)
    network = model.module() if is_program else copy.deepcopy(model).eval().cpu()
    names = list(model.graph_signature.user_inputs) if is_program else _inputs(network)
    rows = tensors_of(sample, names, dynamic)

    def ask(asked: Tensors) -> dict[str, Any]:
        given = {name: torch.as_tensor(array) for name, array in asked.arrays.items()}
        with torch.no_grad():
            return _flat(network(*given.values()) if is_program else network(**given))

    rows = _fitting(rows, ask, network)
    answers = ask(rows.at(slice(_TRACED)))
    return Original(
        rows, together(ask, list(answers)), lambda: _conversions(model if is_program else network, rows, list(answers))
    )


def _inputs(network: Any) -> list[str]:
    parameters = inspect.signature(network.forward).parameters.values()
    return [each.name for each in parameters if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)]


def _fitting(rows: Tensors, ask: Any, network: Any) -> Tensors:
    """The rows in the type of numbers that the network takes: a file does not tell 1 from 1.0."""
    import torch  # pyright: ignore[reportMissingImports]

    kinds = {str(weight.dtype).rpartition(".")[2] for weight in network.parameters() if weight.is_floating_point()}
    real = "float64" if "float64" in kinds else "float32"
    wider = rows.cast({name: real for name, array in rows.arrays.items() if array.dtype.kind == "f"})
    floats = rows.cast(dict.fromkeys(rows.arrays, real))
    first: Exception | None = None
    for tried in (wider, floats):
        try:
            ask(tried.at(slice(_TRACED)))
            return tried
        except Exception as error:  # a network raises whatever its steps raise
            first = first or error
    told = " ".join(str(first).split())
    raise InvalidInput(
        f"The network refuses the sample: {type(first).__name__}: {told}",
        target="sample",
        mend="Give an array for each input, as in training: the first dimension counts the rows, however many.",
    ) from (first if isinstance(first, torch.cuda.OutOfMemoryError) else None)


def _flat(answer: Any) -> dict[str, Any]:
    """The outputs by name, as arrays."""
    if hasattr(answer, "detach"):
        return {"output": answer.detach().numpy()}
    if isinstance(answer, Mapping):
        return {str(name): array for name, value in answer.items() for array in _flat(value).values()}
    if isinstance(answer, (list, tuple)):
        arrays = [array for value in answer for array in _flat(value).values()]
        names = getattr(answer, "_fields", None) or [f"output_{place}" for place in range(len(arrays))]
        return dict(zip(names, arrays))
    raise Unsupported(
        f"The network answers with a {type(answer).__name__}, which is no tensor.",
        target="model",
        mend="Let forward give tensors: one, a tuple of them, or a mapping.",
    )


def _conversions(network: Any, rows: Tensors, outputs: list[str]) -> Iterator[Conversion]:
    import torch  # pyright: ignore[reportMissingImports]

    try:
        import onnxscript  # noqa: F401  # pyright: ignore[reportMissingImports]
    except ModuleNotFoundError:
        raise missing("onnxscript") from None
    given = {name: torch.as_tensor(array) for name, array in _traced(rows).arrays.items()}
    varies = torch.export.Dim.AUTO
    shapes = {name: dict.fromkeys([0, *rows.dynamic.get(name, ())], varies) for name in given}
    try:
        with quiet():
            if isinstance(network, torch.export.ExportedProgram):
                program: Any = torch.onnx.export(network, (), dynamo=True, verbose=False)
            else:
                program = torch.onnx.export(
                    network, (), kwargs=given, dynamic_shapes=shapes, dynamo=True, verbose=False
                )
            model = program.model_proto
    except Exception as error:  # the exporter raises whatever it meets
        raise _not_exported(error) from None
    rename_outputs(model.graph, outputs)
    name_dimensions(model.graph)
    yield (), model


def _traced(rows: Tensors) -> Tensors:
    """A few rows, never only one."""
    return rows.at([place % len(rows) for place in range(_TRACED)])


def _not_exported(error: Exception) -> Unsupported:
    """What to raise: operators without a form in ONNX, the line whose way depends on the data, else what is said."""
    told = "\n".join(_told(error))
    if found := sorted(set(re.findall(r"No ONNX function found for <OpOverload\(op='([\w.:]+)'", told))):
        plural = "have" if len(found) > 1 else "has"
        return Unsupported(
            f"{', '.join(found)} {plural} no form in ONNX.",
            target="model",
            mend="Do that step before or after the network, or use another one for it.",
        )
    lines = re.findall(r'File "([^"]+)", line (\d+), in (\w+)\n\s*(\S[^\n]*)', told)
    if "data-dependent" in told or "DataDependent" in told:
        where = f" at line {lines[-1][1]} of {lines[-1][2]}: {lines[-1][3].strip(' :')}" if lines else ""
        return Unsupported(
            f"What the network does depends on the values of the data{where}.",
            target="model",
            mend="Say it with torch.where or torch.cond, which ONNX can follow.",
        )
    return Unsupported(
        f"PyTorch's exporter fails: {_summary(told)}",
        target="model",
        mend="Change the step it names, or deploy the model as it is.",
    )


def _told(error: BaseException) -> Iterator[str]:
    seen: BaseException | None = error
    while seen is not None:
        yield re.sub(r"\x1b\[\d*m", "", str(seen))
        seen = seen.__cause__ or seen.__context__


def _summary(told: str) -> str:
    """The exporter's summary of what went wrong, without its advice."""
    after = told.partition("## Exception summary")[2] or told
    return next((line.strip() for line in after.splitlines() if line.strip()), "it does not say why")
