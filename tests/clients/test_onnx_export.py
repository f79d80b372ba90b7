"""Networks and trees of libraries that no environment of ours holds, exported where they are installed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.clients.environments import REPOSITORY, network_environment

PROGRAMS = Path(__file__).parent / "onnx_programs"


@pytest.mark.parametrize(
    ("environment", "program"),
    [("torch", "of_torch.py"), ("torch", "of_catboost.py"), ("keras", "of_keras.py")],
)
def test_models_become_files_that_answer_as_they_do(environment: str, program: str, tmp_path: Path) -> None:
    python = network_environment(environment)
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY / "src"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [python, PROGRAMS / program, tmp_path], env=env, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-5000:]
    assert not (tmp_path / "never.onnx").exists()
