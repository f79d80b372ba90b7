"""A copy of the part of Lazuli that exports models, for a Python that has no Lazuli."""

from __future__ import annotations

import shutil
from pathlib import Path

__all__ = ["ship"]

NEEDED = ("__init__.py", "schema/__init__.py", "schema/problems.py", "ml/__init__.py", "ml/onnx")
_LEFT_OUT = ("__pycache__", "appkit")


def ship(folder: Path) -> Path:
    """Write it below ``folder``, which belongs on the Python path of ``python -m lazuli.ml.onnx.program``."""
    home, target = Path(__file__).parents[2], folder / "lazuli"
    for name in NEEDED:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if (home / name).is_dir():
            shutil.copytree(home / name, target / name, ignore=shutil.ignore_patterns(*_LEFT_OUT))
        else:
            shutil.copy(home / name, target / name)
    return folder
