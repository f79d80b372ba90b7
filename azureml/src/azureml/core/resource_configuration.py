"""How much of a machine a model asks for."""

from __future__ import annotations

from typing import Any, Mapping

__all__ = ["ResourceConfiguration"]


class ResourceConfiguration:
    """Processors, memory and GPUs; what is None is left to the service."""

    def __init__(self, cpu: float | None = None, memory_in_gb: float | None = None, gpu: int | None = None) -> None:
        self.cpu = cpu
        self.memory_in_gb = memory_in_gb
        self.gpu = gpu

    def serialize(self) -> dict[str, Any]:
        """What it says, as JSON can hold it."""
        return {"cpu": self.cpu, "memoryInGB": self.memory_in_gb, "gpu": self.gpu}

    @staticmethod
    def deserialize(payload_obj: Mapping[str, Any] | None) -> ResourceConfiguration | None:
        """What :meth:`serialize` gave, read again."""
        if not payload_obj:
            return None
        return ResourceConfiguration(payload_obj.get("cpu"), payload_obj.get("memoryInGB"), payload_obj.get("gpu"))
