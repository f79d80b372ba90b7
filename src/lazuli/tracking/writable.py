"""Which runs may be written to, remembered."""

from __future__ import annotations

import threading
from collections.abc import Sequence

__all__ = ["Writable"]

MAX_RUNS = 10_000


class Writable:
    """The experiments of runs that may be written to, so that logging a value need not ask the database.

    What was read before a run was deleted must not be kept after: ``keep`` does nothing where anything was forgotten
    since ``as_of``.
    """

    def __init__(self) -> None:
        self.changes = 0
        self._experiments: dict[str, str] = {}
        self._lock = threading.Lock()

    def find(self, key: str) -> str | None:
        """The experiment of the run with that key, where it is remembered."""
        return self._experiments.get(key)

    def keep(self, key: str, experiment_id: str, as_of: int) -> None:
        """Remember a run that was read while :attr:`changes` was ``as_of``."""
        with self._lock:
            if self.changes == as_of:
                if len(self._experiments) >= MAX_RUNS:
                    self._experiments.clear()
                self._experiments[key] = experiment_id

    def forget(self, keys: Sequence[str]) -> None:
        """Ask the database again about these runs: they have changed."""
        with self._lock:
            self.changes += 1
            for key in keys:
                self._experiments.pop(key, None)
