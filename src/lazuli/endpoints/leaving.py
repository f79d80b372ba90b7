"""What comes and what goes: what serves no longer ends its last requests, and then its folder goes."""

from __future__ import annotations

from lazuli.compute.engine import Engine, Plan

__all__ = ["Leaving"]


class Leaving:
    """The keys that are being stopped. What a server that died had begun to stop, the next one clears as orphans."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._keys: set[str] = set()

    def stop(self, *keys: str | None) -> None:
        """Have the work under some keys end, and forget it when it is over. Safe to repeat."""
        for key in filter(None, keys):
            self._keys.add(key)
            self._engine.stop(key)
            if self._engine.look(key).over:
                self.ended(key)

    def start(self, plan: Plan, key: str) -> None:
        """Start work, unless whoever it is for was deleted meanwhile."""
        self._engine.start(plan, key)
        if key in self._keys:
            self.stop(key)

    def ended(self, key: str) -> None:
        """The engine's word that the work under a key is over."""
        if key in self._keys:
            self._keys.discard(key)
            self._engine.forget(key)
