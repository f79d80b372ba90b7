"""Data that Microsoft offers to all."""

from __future__ import annotations

from azureml._lazuli.declined import Declined

__all__ = ["MNIST"]

_INSTEAD = "Download the data where it is offered, and keep it as a dataset of your own."


class MNIST(Declined):
    """Pictures of digits."""

    _instead = _INSTEAD
