"""The package of the SDK v1: where it is, and whether a Python gets it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run

from lazuli.client.wheel import version_of, wheel


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with nothing in it."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return folder / "bin" / "python"


@pytest.fixture
def packages(bare: Path) -> Path:
    """The folder of its packages, empty."""
    (folder,) = (bare.parents[1] / "lib").glob("*/site-packages")
    for each in folder.glob("*-*.dist-info"):
        each.rmdir()
    return folder


def look(lazuli: Run, python: Path, fails: int = 0) -> dict[str, Any]:
    """What the doctor finds of the package in a Python."""
    said = json.loads(lazuli("doctor", "--python", str(python), "-o", "json", fails=fails).stdout)
    assert [each["check"] for each in said] == ["server", "azureml"] and said[0]["ok"]
    return said[1]


def test_the_wheel_is_told_and_copied(lazuli: Run, tmp_path: Path) -> None:
    assert Path(lazuli("sdk", "v1").stdout.strip()) == wheel()
    copied = Path(lazuli("sdk", "v1", "--to", "here").stdout.strip())
    assert copied == tmp_path / "here" / wheel().name
    assert copied.read_bytes() == wheel().read_bytes()
    assert "v1" in lazuli("sdk", "v2", fails=2).stderr


def test_a_python_without_the_package_is_well(lazuli: Run, bare: Path, packages: Path) -> None:
    assert str(wheel()) in look(lazuli, bare)["message"]


def test_a_python_with_the_package(lazuli: Run, bare: Path, packages: Path) -> None:
    (packages / f"lazuli_azureml-{version_of(wheel())}.dist-info").mkdir()
    assert look(lazuli, bare) == {
        "check": "azureml",
        "ok": True,
        "message": f"{bare} has lazuli-azureml {version_of(wheel())}.",
    }


def test_one_of_another_lazuli(lazuli: Run, bare: Path, packages: Path) -> None:
    (packages / "lazuli_azureml-0.0.1+abc.dist-info").mkdir()
    assert look(lazuli, bare, fails=1)["mend"] == f"{bare} -m pip install {wheel()}"


def test_azures_own_packages(lazuli: Run, bare: Path, packages: Path) -> None:
    (packages / "azureml_core-1.62.0.dist-info").mkdir()
    (packages / "azureml_widgets-1.62.0.dist-info").mkdir()
    assert "speak to Azure" in look(lazuli, bare, fails=1)["message"]
    (packages / "lazuli_azureml-0.1.0.dist-info").mkdir()
    told = look(lazuli, bare, fails=1)
    assert "write the same files" in told["message"]
    assert told["mend"] == (
        f"{bare} -m pip uninstall -y azureml-core azureml-widgets && "
        f"{bare} -m pip install --force-reinstall --no-deps {wheel()}"
    )


def test_what_cannot_be_asked(lazuli: Run, tmp_path: Path) -> None:
    assert "no Python" in lazuli("doctor", "--python", "nowhere", fails=1).stderr
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    assert "3.8 or newer" in look(lazuli, program, fails=1)["mend"]


def test_a_server_that_is_not_there(lazuli: Run, bare: Path, packages: Path, tmp_path: Path) -> None:
    said = lazuli("doctor", "--python", str(bare), fails=1, LAZULI_DATA_DIR=str(tmp_path)).stdout
    assert "lazuli up" in said
