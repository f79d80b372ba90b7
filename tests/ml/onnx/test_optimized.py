"""Variants of a model, with what they cost and gain."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import lazuli.onnx
from lazuli.ml.onnx.running import Runnable
from lazuli.schema.problems import InvalidInput

DIGITS: Any
NUMBERS: Any
DIGITS, NUMBERS = load_digits(return_X_y=True)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = make_pipeline(StandardScaler(), MLPClassifier((128,), max_iter=15, random_state=0)).fit(DIGITS, NUMBERS)
    file = tmp_path_factory.mktemp("network") / "net.onnx"
    return lazuli.onnx.export(model, DIGITS, file).file


def test_each_variant_is_told_beside_its_parent(network: Path, tmp_path: Path) -> None:
    found = lazuli.onnx.optimize(network, DIGITS, folder=tmp_path)
    assert found.parent.size == network.stat().st_size and found.parent.latency_us > 0
    variants = {variant.name: variant for variant in found.variants}
    assert list(variants) == ["graph", "int8", "float16"]
    for name, variant in variants.items():
        file = tmp_path / f"net.{name}.onnx"
        assert variant.file == file and variant.size == file.stat().st_size
        assert variant.latency_us > 0
        assert variant.parity and variant.parity.rows == len(DIGITS)
    off = {name: variant.parity.max_difference for name, variant in variants.items() if variant.parity}
    assert off["graph"] < 1e-6 < off["float16"] < 0.01 < off["int8"] < 0.5
    assert variants["int8"].size < 0.5 * found.parent.size
    assert variants["float16"].size < 0.7 * found.parent.size
    got, wanted = (Runnable(file).answers(DIGITS)["label"] for file in (tmp_path / "net.int8.onnx", network))
    assert variants["int8"].parity and variants["int8"].parity.labels_differ == (got != wanted).sum()


def test_a_variant_takes_and_gives_what_its_parent_does(network: Path, tmp_path: Path) -> None:
    wanted = lazuli.onnx.inspect(network).signature
    for variant in lazuli.onnx.optimize(network, DIGITS, folder=tmp_path).variants:
        assert variant.file
        found = lazuli.onnx.inspect(variant.file)
        assert [(port.name, port.type) for port in found.signature.inputs + found.signature.outputs] == [
            (port.name, port.type) for port in wanted.inputs + wanted.outputs
        ]
        assert "lazuli.check" not in found.metadata
        assert json.loads(found.metadata["lazuli.variant"])["of"] == "net.onnx"


def test_what_would_not_differ_is_left_out_with_a_note(tmp_path: Path) -> None:
    model = RandomForestClassifier(5, random_state=0).fit(DIGITS, NUMBERS)
    file = lazuli.onnx.export(model, DIGITS, tmp_path / "forest.onnx").file
    found = lazuli.onnx.optimize(file, DIGITS, variants=["int8", "float16"])
    assert [(variant.file, variant.note) for variant in found.variants] == [
        (None, "It has no matrix product, convolution or recurrence with weights to quantise."),
        (None, "It has no float32 weights that could be float16."),
    ]
    assert [each.name for each in tmp_path.iterdir()] == ["forest.onnx"]


def test_without_a_sample_numbers_are_drawn(network: Path, tmp_path: Path) -> None:
    (variant,) = lazuli.onnx.optimize(network, variants=["int8"], folder=tmp_path).variants
    assert variant.parity and variant.parity.rows == 64


def test_a_fixed_batch_and_named_inputs_are_kept_to(network: Path, tmp_path: Path) -> None:
    model = onnx.load_model(network)
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 8
    onnx.save_model(model, tmp_path / "eight.onnx")
    sample = {model.graph.input[0].name: DIGITS[:8].astype(np.float32)}
    (variant,) = lazuli.onnx.optimize(tmp_path / "eight.onnx", sample, variants=["int8"]).variants
    assert variant.parity and variant.parity.rows == 8


def test_an_unknown_variant_is_told(network: Path) -> None:
    with pytest.raises(InvalidInput, match=r"There is no variant 'int9'\. Did you mean 'int8'\?"):
        lazuli.onnx.optimize(network, variants=["int9"])


def test_it_says_nothing_on_the_root_logger(network: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    lazuli.onnx.optimize(network, variants=["int8"], folder=tmp_path)
    assert not caplog.records
    assert logging.root.manager.disable == 0
