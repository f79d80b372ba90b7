"""What a service keeps of what it is asked."""

from __future__ import annotations

from typing import Any

from azureml._lazuli.declined import Declined

__all__ = ["ModelDataCollector"]

_INSTEAD = "Give the deployment a data_collector, or log what it is asked with print."


class ModelDataCollector(Declined):
    """Keeps what a service is asked."""

    _instead = _INSTEAD

    def __init__(
        self,
        model_name: Any,
        designation: Any = "default",
        feature_names: Any = None,
        identifier: Any = "default",
        workspace: Any = "default",
        webservice_name: Any = "default",
        model_version: Any = "default",
        collection_name: Any = "default",
    ) -> None:
        pass
