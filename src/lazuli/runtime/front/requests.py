"""A request on its way through the front, and what a deployment has to be."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, NamedTuple, Protocol

from lazuli.runtime.front.wire import Answer, Head

__all__ = ["Deployment", "Request"]


class Request(NamedTuple):
    """A request as it came, and the name under which it is followed."""

    head: Head
    body: bytes
    name: bytes


class Deployment(Protocol):
    """What answers requests."""

    def answer(self, request: Request) -> Answer | Awaitable[Answer]:
        """The answer, now or later. Nothing but a fault of ours is raised."""
        ...

    def state(self) -> dict[str, Any]:
        """Numbers that tell how busy it is: ``in_flight``, ``waiting`` and ``seats``."""
        ...

    def close(self) -> None:
        """Let go of everything; nobody asks any more."""
        ...
