"""The package enters environments of every age, with whatever they hold."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.runtime.steps import pythons

SOURCES = Path(__file__).parents[2] / "azureml" / "src"
IMPORT_ALL = """
import sys
if sys.version_info < (3, 8):
    sys.exit(0)
sys.path.insert(0, sys.argv[1])
import importlib, pkgutil, azureml
for module in pkgutil.walk_packages(azureml.__path__, "azureml."):
    importlib.import_module(module.name)
heavy = {"requests", "yaml", "pandas", "pyarrow", "numpy", "matplotlib", "IPython", "mlflow"} & set(sys.modules)
assert not heavy, heavy
"""


@pytest.mark.parametrize("python", pythons())
def test_every_module_imports_with_the_standard_library_alone(python: str) -> None:
    done = subprocess.run([python, "-I", "-c", IMPORT_ALL, SOURCES], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
