"""TensorBoard over the logs of runs."""

from __future__ import annotations

from typing import Any

from azureml._lazuli.declined import Declined

__all__ = ["Tensorboard"]

_INSTEAD = "Studio draws the metrics of runs; for event files use run.download_files and the program tensorboard."


class Tensorboard(Declined):
    """TensorBoard over the logs of runs."""

    _instead = _INSTEAD

    def __init__(self, runs: Any, local_root: Any = None, port: Any = 6006, use_display_name: Any = False) -> None:
        pass
