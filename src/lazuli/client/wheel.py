"""The wheel of the package ``azureml`` (SDK v1), which comes with Lazuli."""

from __future__ import annotations

from pathlib import Path

import lazuli
from lazuli.schema.problems import Unavailable

__all__ = ["NAME", "WHEELS", "version_of", "wheel"]

NAME = "lazuli-azureml"
WHEELS = Path(lazuli.__file__).parent / "built"
"""Where ``hatch_build.py`` puts it."""


def wheel() -> Path:
    """Its file. Raises :class:`Unavailable` where Lazuli was installed without it."""
    files = list(WHEELS.glob("lazuli_azureml-*.whl"))
    if not files:
        raise Unavailable(
            f"The wheel of the package azureml is not in '{WHEELS}'.",
            target="environment",
            mend="Install Lazuli again, or run 'python hatch_build.py wheel' in its sources.",
        )
    return max(files, key=lambda file: file.stat().st_mtime)


def version_of(file: Path) -> str:
    """The version in a wheel's name; it ends with the hash of its content."""
    return file.name.split("-")[1]
