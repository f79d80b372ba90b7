"""Chores: what nobody waits for, done now and then beside everything else."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

__all__ = ["Chores"]

log = logging.getLogger(__name__)

_FIRST_S = 300.0
"""Also a server that never runs for long gets round to them, and its start has nothing to do with them."""
_EVERY_S = 3600.0


class Chores:
    """One thread that does each chore again and again, about hourly where nothing is said.

    One that fails is done again the next time. Where it ``waits`` for none, the chores only read, and are left alone
    at the end.
    """

    def __init__(
        self,
        chores: Sequence[Callable[[], object]],
        *,
        first_s: float = _FIRST_S,
        every_s: float = _EVERY_S,
        waits: bool = True,
    ) -> None:
        self._chores = chores
        self._first_s = first_s
        self._every_s = every_s
        self._waits = waits
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="chores", daemon=True)

    def start(self) -> None:
        """Begin, once."""
        self._thread.start()

    def stop(self) -> None:
        """End; waits for the chore that is being done, unless it only reads. May be called without start."""
        self._stopped.set()
        if self._waits and self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        wait_s = self._first_s
        while not self._stopped.wait(wait_s):
            for chore in self._chores:
                try:
                    chore()
                except Exception:
                    if self._stopped.is_set():
                        return  # what it read was closed under it
                    log.exception("A chore failed; it is done again the next time.")
            wait_s = self._every_s
