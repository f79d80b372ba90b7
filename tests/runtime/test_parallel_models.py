"""Models that are asked by the driver of a parallel step, without a script. Those of MLflow are with the clients."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.runtime.onnx_models import classifier, regressor
from tests.runtime.steps import Step


@pytest.fixture
def step(tmp_path: Path) -> Step:
    made = Step(tmp_path)
    made.write("model/saved/readme.txt")
    return made


def asked(step: Step, code: int = 0, **said: Any) -> str:
    variables = {"AZUREML_MODEL_DIR": str(step.root / "model")}
    return step.run(code, entry_script=None, variables=variables, max_retries=0, **said)


def test_an_onnx_model_answers_row_by_row(step: Step) -> None:
    regressor(step.root / "model" / "saved" / "sum.onnx")
    step.write("in/a.csv", "p,q\n1,2\n3,4\n")
    step.write("in/b.jsonl", '{"p": 5, "q": 6}\n')
    np.save(step.root / "in" / "c.npy", np.array([[7, 8]]))
    asked(step)
    assert step.rows() == ["0,4.0,a.csv", "1,8.0,a.csv", "0,12.0,b.jsonl", "0,16.0,c.npy"]


def test_a_label_is_the_prediction_of_a_classifier(step: Step) -> None:
    classifier(step.root / "model" / "saved" / "larger.onnx")
    step.write("in/a.csv", "p,q\n1,2\n4,3\n")
    asked(step)
    assert step.rows() == ["0,second,a.csv", "1,first,a.csv"]


def test_what_is_not_for_the_model_is_told(step: Step) -> None:
    regressor(step.root / "model" / "saved" / "sum.onnx")
    step.write("in/a.csv", "p,q,r\n1,2,3\n")
    assert "takes 2 columns, and the file has 3" in asked(step, 1)
    step.write("in/a.csv", "p,q\n1,2\n")
    step.write("in/b.txt", "words")
    assert "'b.txt' is of no kind that is read without a script: .csv" in asked(step, 1, error_threshold=0)


def test_a_model_that_needs_a_script_is_told(step: Step) -> None:
    step.write("in/a.csv", "p\n1\n")
    assert "neither one that MLflow saved nor one ONNX file: it needs a script" in asked(step, 1)
