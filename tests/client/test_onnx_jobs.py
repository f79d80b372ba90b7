"""What an environment needs beside a model's own packages, so that an export can run in it."""

from __future__ import annotations

from typing import Any

import pytest

from lazuli.client.onnx_jobs import _frameworks, _measured, _with
from lazuli.schema.problems import InvalidInput, Unsupported

CONDA: dict[str, Any] = {
    "channels": ["conda-forge"],
    "dependencies": ["python=3.11", "numpy=2.1", "pip", {"pip": ["Scikit_Learn==1.6.1", "onnx==1.17.0"]}],
}


def pips(conda: dict[str, Any]) -> list[str]:
    return next(item["pip"] for item in conda["dependencies"] if isinstance(item, dict))


def test_only_what_is_lacking_is_added_and_pins_stay() -> None:
    made = _with(CONDA, ["sklearn"])
    own, added = pips(CONDA), pips(made)
    assert added[: len(own)] == own and made["dependencies"][:3] == ["python=3.11", "numpy=2.1", "pip"]
    assert [need.partition(">")[0].partition("<")[0] for need in added[len(own) :]] == [
        "onnxruntime",
        "pandas",
        "protobuf",
        "pyyaml",
        "skl2onnx",
    ]
    assert _with(made, ["sklearn"]) == made
    assert any(need.startswith("onnxscript") for need in pips(_with(CONDA, ["pytorch"])))


@pytest.mark.parametrize(
    ("model", "said", "found"),
    [
        ({"flavors": {"python_function": {}, "lightgbm": {}}}, "", ["lightgbm"]),
        ({}, "", ["sklearn"]),  # by the packages of the environment
        ({}, "catboost", ["catboost"]),
    ],
)
def test_the_framework_is_told_by_the_model_or_its_environment(
    model: dict[str, Any], said: str, found: list[str]
) -> None:
    assert _frameworks({"name": "m", **model}, CONDA, said) == found


def test_what_cannot_be_exported_is_told_before_a_job_is_made() -> None:
    with pytest.raises(Unsupported, match="The flavors of the model are spark"):
        _frameworks({"flavors": {"spark": {}}}, CONDA, "")
    with pytest.raises(InvalidInput, match="no framework 'sklaern'") as wrong:
        _frameworks({}, CONDA, "sklaern")
    assert "sklearn" in wrong.value.mend
    with pytest.raises(Unsupported, match=r"has python=3\.8"):
        _with({"dependencies": ["python=3.8", {"pip": ["scikit-learn"]}]}, ["sklearn"])


def test_a_report_is_taken_for_what_it_is() -> None:
    """A model's own code runs where it is written."""
    measured = {"max_difference": 0.5, "mean_difference": 0.25, "labels_differ": 0, "agrees": True, "repaired": []}
    check = {**measured, "groups": [{"name": "y"}], "differences": []}
    told = _measured({"check": check})
    assert told and (told["lazuli.max_difference"], told["lazuli.agrees"]) == ("0.5", "true")
    hostile: list[Any] = [[], {}, "7", {**check, "max_difference": "x"}, {**check, "groups": [1]}]
    assert [_measured({"check": each}) for each in hostile] == [None] * 5
    assert _measured({}) is None
