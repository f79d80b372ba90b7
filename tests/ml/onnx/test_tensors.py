"""Inputs of networks, and such as nobody has seen."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import lazuli
from lazuli.ml.onnx.shipped import NEEDED
from lazuli.ml.onnx.tensors import tensor_groups, tensors_of
from lazuli.schema.problems import InvalidInput

PICTURES = np.random.default_rng(0).normal(size=(6, 2, 3))


@pytest.mark.parametrize(
    "sample",
    [
        PICTURES,
        (PICTURES,),
        {"image": PICTURES.tolist()},
        pd.DataFrame({"image": PICTURES.tolist()}),
        pd.DataFrame(PICTURES.tolist()),
    ],
)
def test_an_input_is_an_array_in_whatever_form_it_comes(sample: Any) -> None:
    rows = tensors_of(sample, ["image", "other"])
    assert list(rows.arrays) == ["image"] and len(rows) == 6
    assert rows.arrays["image"].dtype == "float32"
    np.testing.assert_allclose(rows.arrays["image"], PICTURES, rtol=1e-6)


@pytest.mark.parametrize(
    ("sample", "told"),
    [
        ({"image": PICTURES, "none": PICTURES}, "no input 'none'"),
        ({"image": PICTURES, "other": PICTURES[:2]}, "differ in how many rows"),
        (PICTURES[:0], "has no rows"),
        (np.array(["a"]), "not an array of numbers"),
    ],
)
def test_inputs_that_cannot_be_are_told(sample: Any, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        tensors_of(sample, ["image", "other"])


def test_what_nobody_has_seen_stays_within_what_a_network_takes() -> None:
    rows = tensors_of({"tokens": [[1, 2, 3, 4]] * 3, "x": np.ones((3, 2))}, ["tokens", "x"], {"tokens": [1]})

    def ask(asked: Any) -> dict[str, Any]:
        assert asked.arrays["tokens"].min() >= 1 and asked.arrays["tokens"].max() <= 4  # places in a table
        return {"y": asked.arrays["x"]}  # as a network that does not know missing values

    groups = {group.name: group.rows for group in tensor_groups(rows, ask)}
    assert set(groups) == {"one row", "new combinations", "missing values", "large values", "extremes", "other sizes"}
    assert groups["missing values"] is None
    assert groups["other sizes"].arrays["tokens"].shape == (3, 2)
    assert groups["large values"].arrays["x"].max() > 10


def test_pictures_are_looked_at_as_long_as_they_are_few() -> None:
    assert len(tensors_of(np.zeros((9, 1000, 1000), dtype="float32"), ["x"])) == 2


def test_what_runs_in_a_models_own_environment_is_written_for_old_pythons() -> None:
    home = Path(lazuli.__file__).parent
    for name in NEEDED:
        for file in [home / name] if name.endswith(".py") else (home / name).glob("*.py"):
            ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 9))
