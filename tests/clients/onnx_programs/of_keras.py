"""Networks of Keras and TensorFlow become ONNX files that answer as they do. Runs where both are installed."""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from lazuli.ml.onnx import export
from lazuli.ml.onnx.program import main
from lazuli.schema.problems import Problem

RNG = np.random.default_rng(0)
keras.utils.set_random_seed(0)
ROWS = RNG.normal(size=(30, 4))


class Decomposing(layers.Layer):
    def call(self, rows: Any) -> Any:
        return tf.linalg.eigh(tf.matmul(rows[:, :, None], rows[:, None, :]))[0]


class Own(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(2)

    def call(self, rows: Any, training: bool = False) -> Any:
        return self.dense(rows)


class Product(tf.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weights = tf.Variable(RNG.normal(size=(4, 2)).astype("float32"))

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, name="x")])
    def __call__(self, x: Any) -> Any:
        return {"y": x @ self.weights, "total": tf.reduce_sum(x, 1)}


def two_inputs() -> keras.Model:
    image, extra = keras.Input((8, 8, 3), name="image"), keras.Input((5,), name="extra")
    joined = layers.Concatenate()([layers.Flatten()(layers.Conv2D(4, 3)(image)), extra])
    outputs = {"score": layers.Dense(1)(joined), "kind": layers.Dense(3, activation="softmax")(joined)}
    return keras.Model({"image": image, "extra": extra}, outputs)


def networks_answer_alike(folder: Path) -> None:
    normal = layers.Normalization()
    normal.adapt(ROWS)
    network = keras.Sequential(
        [keras.Input((4,)), normal, layers.Dense(8, "relu"), layers.Dropout(0.5), layers.Dense(2)]
    )
    made = export(network, ROWS, folder / "mlp.onnx")
    assert [str(port) for port in (*made.signature.inputs, *made.signature.outputs)] == [
        "input: float32[batch, 4]",
        "output: float32[batch, 2]",
    ]
    assert made.check.max_difference < 1e-5, made.check
    pair = {"image": RNG.normal(size=(30, 8, 8, 3)), "extra": RNG.normal(size=(30, 5))}
    made = export(two_inputs(), pair, folder / "two.onnx")
    assert {port.name for port in made.signature.inputs} == {"image", "extra"}
    assert [port.name for port in made.signature.outputs] == ["kind", "score"]
    assert export(Own(), ROWS, folder / "own.onnx").signature.inputs[0].name == "rows"


def sizes_vary_where_they_are_said_to(folder: Path) -> None:
    tokens = keras.Input((None,), name="tokens", dtype="int32")
    network = keras.Model(tokens, layers.Dense(2)(layers.LSTM(6)(layers.Embedding(50, 8)(tokens))))
    made = export(network, RNG.integers(0, 50, size=(30, 8)), folder / "lstm.onnx", dynamic={"tokens": [1]})
    assert str(made.signature.inputs[0]) == "tokens: int32[batch, tokens_1]"
    assert "other sizes" in {group.name for group in made.check.groups if group.rows}


def what_cannot_be_is_told() -> None:
    try:
        export(keras.Sequential([keras.Input((4,)), Decomposing()]), ROWS, "never.onnx")
        raise AssertionError("it was exported")
    except Problem as problem:
        assert str(problem).startswith("SelfAdjointEigV2 has no form in ONNX"), problem


def models_of_mlflow_are_exported(folder: Path) -> None:
    """A network with an example, and a SavedModel with tensors in its signature."""
    spec = json.dumps([{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 4]}}])
    for name, flavor in (
        ("network", {"data": "data", "model_type": "keras", "save_format": "tf"}),
        ("saved", {"saved_model_dir": "tf2model", "model_type": "tf2-module"}),
    ):
        (folder / name / "data").mkdir(parents=True)
        said = {"flavors": {"tensorflow": flavor}, "signature": {"inputs": spec}}
        (folder / name / "MLmodel").write_text(json.dumps(said))
    keras.Sequential([keras.Input((4,)), layers.Dense(2)]).save(folder / "network/data/model.keras")
    (folder / "network/input_example.json").write_text(json.dumps(ROWS[:5].tolist()))
    product = Product()
    signatures = {"serving_default": product.__call__}
    tf.saved_model.save(product, str(folder / "saved/tf2model"), signatures=signatures)
    for name, rows, outputs in (("network", 5, ["output"]), ("saved", 64, ["total", "y"])):
        report = folder / f"{name}.json"
        words = [str(folder / name), str(folder / f"{name}.onnx"), "--report", str(report)]
        assert main(words) == 0, report.read_text()
        answer = json.loads(report.read_text())
        assert answer["check"]["groups"][0]["rows"] == rows
        assert [port["name"] for port in answer["outputs"]] == outputs


if __name__ == "__main__":
    where = Path(sys.argv[1])
    networks_answer_alike(where)
    sizes_vary_where_they_are_said_to(where)
    what_cannot_be_is_told()
    models_of_mlflow_are_exported(where)
