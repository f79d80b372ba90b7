"""Networks and trees of libraries that no environment of ours holds, exported where they are installed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.clients.environments import REPOSITORY, client_environment

PROGRAMS = Path(__file__).parent / "onnx_programs"
WITH_ALL = ["onnx>=1.19,<2", "onnxruntime>=1.20", "pandas>=2.2", "protobuf<7", "pyyaml"]
ENVIRONMENTS = {
    "onnx-torch": ["torch==2.13.0", "onnxscript>=0.7", "catboost>=1.2.10", *WITH_ALL],
    "onnx-keras": ["tensorflow-cpu>=2.21,<3", "keras>=3.15", "tf2onnx>=1.17", *WITH_ALL],
}


@pytest.mark.parametrize(
    ("environment", "program"),
    [("onnx-torch", "of_torch.py"), ("onnx-torch", "of_catboost.py"), ("onnx-keras", "of_keras.py")],
)
def test_models_become_files_that_answer_as_they_do(environment: str, program: str, tmp_path: Path) -> None:
    python = client_environment(environment, ENVIRONMENTS[environment], compiles=False)
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY / "src"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [python, PROGRAMS / program, tmp_path], env=env, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-5000:]
    assert not (tmp_path / "never.onnx").exists()
