"""Azure's own packages beside ours are told of, with what puts it right."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from azureml._lazuli import beside


def _installed(folder: Path, *names: str) -> None:
    """What pip leaves of a distribution, beside its files."""
    for name in names:
        record = folder / f"{name}.dist-info"
        record.mkdir(parents=True)
        (record / "METADATA").write_text(f"Name: {name.partition('-')[0]}\nVersion: {name.partition('-')[2]}\n")


@pytest.mark.parametrize(
    ("installed", "told"),
    [
        (["azureml_core-1.62.0", "azureml_sdk-1.62.0"], ["azureml-core", "azureml-sdk"]),
        (["azureml_train_automl_client-1.62.0"], ["azureml-train-automl-client"]),
        (["lazuli_azureml-0.1.0", "azureml_inference_server_http-1.0", "azureml_contrib_services-1.62.0"], []),
        (["azureml_fsspec-1.3", "azureml_mlflow-1.62.0", "azureml_defaults-1.62.0"], []),
    ],
)
def test_what_clashes(tmp_path: Path, installed: list[str], told: list[str]) -> None:
    _installed(tmp_path, *installed)
    assert beside.found([str(tmp_path), str(tmp_path / "gone")]) == told


def test_the_import_warns_once(tmp_path: Path) -> None:
    _installed(tmp_path, "azureml_core-1.62.0", "azureml_widgets-1.62.0")
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-c", "import azureml.core, azureml.data"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert done.stderr.count("UserWarning") == 1
    assert "pip uninstall -y azureml-core azureml-widgets" in done.stderr
    assert '--force-reinstall --no-deps "$(lazuli sdk v1)"' in done.stderr


def test_nothing_is_said_otherwise() -> None:
    done = subprocess.run([sys.executable, "-W", "error", "-c", "import azureml"], capture_output=True, check=False)
    assert done.returncode == 0 and not done.stderr
