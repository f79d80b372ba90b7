"""Where an image is pulled from."""

from __future__ import annotations

from typing import Any


class ContainerRegistry:
    """A private registry: its address, and who asks.

    The address stands before the image's name. The server pulls as its machine is signed in there (``podman login``):
    name and password are kept in memory alone, and sent nowhere.
    """

    def __init__(self) -> None:
        self.address: str | None = None
        self.username: str | None = None
        self.password: str | None = None
        self.registry_identity: Any = None
