"""Networks of Keras and TensorFlow: asked as they are, and exported by Keras or tf2onnx."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lazuli.ml.onnx.files import missing, read
from lazuli.ml.onnx.graphs import drop_stored_inputs, name_dimensions, rename, rename_outputs, unknown_operators
from lazuli.ml.onnx.originals import Conversion, Original, together
from lazuli.ml.onnx.quiet import quiet
from lazuli.ml.onnx.tensors import Tensors, tensors_of
from lazuli.schema.problems import InvalidInput, Problem, Unsupported

__all__ = ["original"]

_FEW = 4
_SIGNATURE = "serving_default"


def original(model: Any, sample: Any, dynamic: Mapping[str, Sequence[int]] | None = None) -> Original:
    """The network as it answers when it is used; of a SavedModel what its signature for serving says.

    Raises :class:`Unsupported` for a module without such a signature.
    """
    signatures = getattr(model, "signatures", None)
    if signatures is None:
        return _of_keras(model, sample, dynamic)
    if _SIGNATURE not in signatures:
        raise Unsupported(
            f"The SavedModel has no signature '{_SIGNATURE}'.",
            target="model",
            mend="Save it with signatures={'serving_default': …}, which tells its inputs.",
        )
    return _of_signature(signatures[_SIGNATURE], sample, dynamic)


def _of_keras(model: Any, sample: Any, dynamic: Mapping[str, Sequence[int]] | None) -> Original:
    inputs = getattr(model, "inputs", None) or []
    own = [each.name for each in inputs] or _called_with(model)
    names = dict(zip(own, _named(own)))
    rows = tensors_of(sample, list(names.values()), dynamic).cast(
        {names[each.name]: str(each.dtype) for each in inputs}
    )
    call = _call_of(model, own)

    def ask(asked: Tensors) -> dict[str, Any]:
        return _flat(call(asked.arrays.values()))

    rows = Tensors({name: rows.arrays[name] for name in names.values() if name in rows.arrays}, rows.dynamic)
    outputs = list(_asked(ask, rows))

    def conversions() -> Iterator[Conversion]:
        makers = (partial(_by_keras, model), partial(_by_tf2onnx, call))
        return _first_that_works([partial(_conversions, make, rows, outputs, names) for make in makers])

    return Original(rows, together(ask, outputs), conversions)


def _named(own: Sequence[str]) -> list[str]:
    """The names of the inputs; where Keras counted them through, ``input``, or ``input_0`` and so on."""
    if all(re.fullmatch(r"keras_tensor(_\d+)?", name) for name in own):
        return ["input"] if len(own) == 1 else [f"input_{place}" for place in range(len(own))]
    return list(own)


def _call_of(model: Any, own: Sequence[str]) -> Callable[[Iterable[Any]], Any]:
    """The network as it is called with its inputs in order: by name, one by one, or together."""
    by_name = isinstance(getattr(model, "_inputs_struct", None), Mapping)

    def call(arrays: Iterable[Any]) -> Any:
        given = list(arrays)
        return model(dict(zip(own, given)) if by_name else given[0] if len(given) == 1 else given, training=False)

    return call


def _called_with(model: Any) -> list[str]:
    """What a network that tells no inputs is called with."""
    own = ("training", "mask", "args", "kwargs")
    return [name for name in inspect.signature(model.call).parameters if name not in own]


def _of_signature(function: Any, sample: Any, dynamic: Mapping[str, Sequence[int]] | None) -> Original:
    import tensorflow as tf

    specs = function.structured_input_signature[1]
    kinds = {name: spec.dtype.as_numpy_dtype.__name__ for name, spec in specs.items()}
    rows = tensors_of(sample, list(specs), dynamic).cast(kinds)

    def ask(asked: Tensors) -> dict[str, Any]:
        return _flat(function(**{name: tf.constant(array) for name, array in asked.arrays.items()}))

    outputs = list(_asked(ask, rows))
    make = partial(_by_tf2onnx, lambda given: function(**dict(zip(rows.arrays, given))))
    return Original(rows, together(ask, outputs), lambda: _conversions(make, rows, outputs, {}))


def _asked(ask: Callable[[Tensors], dict[str, Any]], rows: Tensors) -> dict[str, Any]:
    try:
        return ask(rows.at(slice(_FEW)))
    except Problem:
        raise
    except Exception as error:  # a network raises whatever its steps raise
        told = " ".join(str(error).split())
        raise InvalidInput(
            f"The network refuses the sample: {type(error).__name__}: {told}",
            target="sample",
            mend="Give an array for each input, as in training: the first dimension counts the rows.",
        ) from None


def _flat(answer: Any) -> dict[str, Any]:
    """The outputs by name, in the order in which TensorFlow hands them on."""
    import numpy as np

    if isinstance(answer, Mapping):
        return {str(name): np.asarray(answer[name]) for name in sorted(answer)}
    if isinstance(answer, (list, tuple)):
        return {f"output_{place}": np.asarray(value) for place, value in enumerate(answer)}
    return {"output": np.asarray(answer)}


def _first_that_works(ways: Sequence[Callable[[], Iterator[Conversion]]]) -> Iterator[Conversion]:
    """Every conversion of every way; a way that fails is passed over unless none is left."""
    found, first = False, None
    for way in ways:
        try:
            for conversion in way():
                found = True
                yield conversion
        except Problem as problem:
            first = first or problem
    if not found and first:
        raise first


def _conversions(
    make: Callable[[Tensors], Any], rows: Tensors, outputs: Sequence[str], names: Mapping[str, str]
) -> Iterator[Conversion]:
    try:
        with quiet():
            made = make(rows)
    except ModuleNotFoundError as absent:
        raise missing(absent.name or "tf2onnx") from None
    except Exception as error:  # converters raise whatever they meet
        told = " ".join(str(error).split())
        raise Unsupported(
            f"The converter fails: {type(error).__name__}: {told}",
            target="model",
            mend="Change the step it names, or deploy the model as it is.",
        ) from None
    if lacking := unknown_operators(made):
        plural = "have" if len(lacking) > 1 else "has"
        raise Unsupported(
            f"{', '.join(lacking)} {plural} no form in ONNX.",
            target="model",
            mend="Do that step before or after the network, or use another one for it.",
        )
    drop_stored_inputs(made)
    given = [value.name for value in made.graph.input]
    if len(given) > len(rows.arrays):
        raise Unsupported("The converter makes inputs of what the network itself holds.", target="model")
    if set(given) <= set(names):
        rename(made.graph, {name: names[name] for name in given})
    elif not set(given) <= set(rows.arrays):
        rename(made.graph, dict(zip(given, rows.arrays)))
    rename_outputs(made.graph, outputs)
    name_dimensions(made.graph)
    yield (), made


def _by_keras(model: Any, rows: Tensors) -> Any:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "model.onnx"
        model.export(str(file), format="onnx", verbose=False)
        return read(file)


def _by_tf2onnx(call: Callable[[Iterable[Any]], Any], rows: Tensors) -> Any:
    """By what TensorFlow makes of a call."""
    import tensorflow as tf
    import tf2onnx  # pyright: ignore[reportMissingImports]

    specs = [
        tf.TensorSpec(_shape(array, rows.dynamic.get(name, ())), array.dtype, name)
        for name, array in rows.arrays.items()
    ]
    traced = tf.function(lambda *given: call(given))
    model = tf2onnx.convert.from_function(traced, input_signature=specs, opset=18)[0]
    _keep_constants(model.graph, traced.get_concrete_function(*specs).graph.captures)
    return model


def _keep_constants(graph: Any, captures: Iterable[tuple[Any, Any]]) -> None:
    """Store what the network holds beside its weights, as layers that normalise do: tf2onnx makes inputs of it."""
    from onnx import numpy_helper

    held = {inside.name: outside for outside, inside in captures}
    for value in [value for value in graph.input if value.name in held]:
        graph.initializer.append(numpy_helper.from_array(held[value.name].numpy(), value.name))
        graph.input.remove(value)


def _shape(array: Any, dynamic: Sequence[int]) -> list[int | None]:
    return [None if place == 0 or place in dynamic else size for place, size in enumerate(array.shape)]
