"""Whether Azure's own packages are installed beside this one: both would write the same files."""

from __future__ import annotations

import os
import sys

_SHARED = (
    "automl_core",
    "contrib_",
    "core",
    "datadrift",
    "explain_model",
    "interpret",
    "opendatasets",
    "pipeline",
    "telemetry",
    "tensorboard",
    "train",
    "widgets",
)
"""Distributions of Azure's whose files are under ``azureml`` where ours are. Those that only ask for others
(``azureml-sdk``, ``azureml-defaults``) are named so that pip does not bring them back."""
_ASKING = ("sdk", "defaults")
_APART = ("contrib_services",)
"""What stands in a folder of its own, as ``azureml-mlflow`` and ``azureml-fsspec`` do."""


def found(folders: list[str] | None = None) -> list[str]:
    """The distributions of Azure's in the folders that Python imports from (by default ``sys.path``)."""
    theirs = sorted({name for folder in (sys.path if folders is None else folders) for name in _recorded(folder)})
    clashing = [name for name in theirs if name.startswith(_SHARED) and name not in _APART]
    asking = [name for name in theirs if name in _ASKING] if clashing else []
    return [f"azureml-{name.replace('_', '-')}" for name in [*clashing, *asking]]


def warn() -> None:
    """Warn where there are any, and say how to put it right."""
    theirs = found()
    if not theirs:
        return
    import warnings

    warnings.warn(
        f"Azure's {', '.join(theirs)} {'is' if len(theirs) == 1 else 'are'} installed beside lazuli-azureml, and write "
        f"the same files: what is imported is a mix of both. Put it right with 'pip uninstall -y {' '.join(theirs)}' "
        "and then 'pip install --force-reinstall --no-deps \"$(lazuli sdk v1)\"'.",
        stacklevel=3,
    )


def _recorded(folder: str) -> list[str]:
    """The names, without ``azureml-``, of what pip has recorded in a folder. Quick: it is asked at every import."""
    try:
        with os.scandir(folder or ".") as entries:
            names = [entry.name for entry in entries if entry.name.startswith("azureml_")]
    except OSError:  # a zip, or a folder that is gone
        return []
    return [name.split("-")[0][len("azureml_") :] for name in names if name.endswith((".dist-info", ".egg-info"))]
