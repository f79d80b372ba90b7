"""Models on FPGAs."""

from __future__ import annotations

from typing import Any

from azureml._lazuli.declined import Declined

__all__ = ["AccelContainerImage", "AccelOnnxConverter", "PredictionClient"]

_INSTEAD = "There are no FPGAs here. Deploy the model to an online endpoint: Model.deploy."


class AccelOnnxConverter(Declined):
    """Makes a model for an FPGA."""

    _instead = _INSTEAD


class AccelContainerImage(Declined):
    """An image for an FPGA."""

    _instead = _INSTEAD


class PredictionClient(Declined):
    """Asks a service on an FPGA."""

    _instead = _INSTEAD

    def __init__(
        self,
        address: Any,
        port: Any = None,
        use_ssl: Any = False,
        access_token: Any = "",
        service_name: Any = "",
        channel_shutdown_timeout: Any = None,
    ) -> None:
        pass
