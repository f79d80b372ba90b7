"""The libraries whose trained models become ONNX here, and those whose models come as ONNX files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lazuli.ml.onnx.boosters import estimator_of
from lazuli.ml.onnx.originals import Original
from lazuli.schema.problems import InvalidInput, Unsupported

__all__ = ["comes_as_onnx", "original_of"]

_ESTIMATORS = ("sklearn", "lightgbm", "xgboost")
_NETWORKS = ("keras", "tf_keras", "tensorflow", "torch")
_OWN_WAY = {
    "Chainer": "onnx_chainer.export(model, example, filename='model.onnx')",
    "MXNet": "mxnet.onnx.export_model(symbol, params, [shape], onnx_file_path='model.onnx')",
    "MATLAB": "exportONNXNetwork(net, 'model.onnx') of the Deep Learning Toolbox",
    "SparkML": "onnxmltools.convert_sparkml(model, 'name', [('column', FloatTensorType([None, 1]))])",
}
_NAMES = {
    "chainer": "Chainer",
    "mxnet": "MXNet",
    "gluon": "MXNet",
    "gluonnlp": "MXNet",
    ".params": "MXNet",
    "matlab": "MATLAB",
    ".mat": "MATLAB",
    "spark": "SparkML",
    "mleap": "SparkML",
    "pyspark": "SparkML",
    "synapse": "SparkML",
}
"""By the name of a Python package, of a flavor of MLflow, or by the ending of a file."""


def comes_as_onnx(*words: str) -> Unsupported | None:
    """What to raise where one of the words tells of a library whose own tools write the ONNX file."""
    for word in words:
        if name := _NAMES.get(word):
            return Unsupported(
                f"{name} models are not converted here.",
                target="model",
                mend=f"They come in as ONNX files: write one there with {_OWN_WAY[name]}; then "
                "'lazuli model inspect model.onnx' tells what is in it, and 'lazuli model create' registers it.",
            )
    return None


def original_of(model: Any, sample: Any, dynamic: Mapping[str, Sequence[int]] | None = None) -> Original:
    """The model and the rows to compare on. Raises :class:`Unsupported` for what no library here has made."""
    roots = [kind.__module__.partition(".")[0] for kind in type(model).__mro__]
    if foreign := comes_as_onnx(*roots):
        raise foreign
    is_network = any(root in _NETWORKS for root in roots)
    if sample is None:
        why = "A network is followed through on an example" if is_network else "Answers are compared on rows"
        raise InvalidInput(f"{why}, and there is none.", target="sample", mend="Give rows as the model was trained on.")
    if dynamic and not is_network:
        raise InvalidInput("Only inputs of networks have dimensions that vary.", target="dynamic")
    if "torch" in roots:
        from lazuli.ml.onnx import from_torch

        return from_torch.original(model, sample, dynamic)
    if is_network or hasattr(model, "signatures"):
        from lazuli.ml.onnx import from_keras

        return from_keras.original(model, sample, dynamic)
    if "catboost" in roots:
        from lazuli.ml.onnx import from_catboost

        return from_catboost.original(model, sample)
    if any(root in _ESTIMATORS for root in roots):
        from lazuli.ml.onnx import converted

        return converted.original(estimator_of(model), sample)
    raise Unsupported(
        f"There is no converter for a {type(model).__name__}.",
        target="model",
        mend="Models of scikit-learn, LightGBM, XGBoost, CatBoost, PyTorch, Keras and TensorFlow are converted.",
    )
