"""Who waits for the end of what an engine runs: they are woken by its word, and need not look again and again."""

from __future__ import annotations

from collections.abc import Callable

from lazuli.schema.identity import ResourceId

__all__ = ["Watch"]


class Watch:
    """The resources that wait for the end of a key; ``wake`` is told each of them, once."""

    def __init__(self, wake: Callable[[ResourceId], None]) -> None:
        self._wake = wake
        self._waiting: dict[str, frozenset[ResourceId]] = {}

    def join(self, key: str, id: ResourceId) -> None:
        """Wake ``id`` when the work under ``key`` is over."""
        self._waiting[key] = self._waiting.get(key, frozenset()) | {id}

    def leave(self, key: str) -> None:
        """Nobody waits for ``key`` any more."""
        self._waiting.pop(key, None)

    def ended(self, key: str) -> None:
        """The engine's word that the work under ``key`` is over."""
        for id in self._waiting.pop(key, frozenset()):
            self._wake(id)
