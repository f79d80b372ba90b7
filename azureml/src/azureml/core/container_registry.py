"""Where an image is pulled from."""

from __future__ import annotations

from typing import Any


class ContainerRegistry:
    """A private registry: its address, and who asks."""

    def __init__(self) -> None:
        self.address: str | None = None
        self.username: str | None = None
        self.password: str | None = None
        self.registry_identity: Any = None
