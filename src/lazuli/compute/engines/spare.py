"""A spare runner: one that was started ahead of its work, so that the work does not wait for a Python to start.

It waits on a socket to be told a folder, and is handed the lock of that folder with it. It ends when the server ends
without having told it anything.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lazuli.compute import spawn

__all__ = ["Spare"]


@dataclass(frozen=True)
class _Waiting:
    process: spawn.Process
    line: socket.socket
    environ: dict[str, str]


class Spare:
    """At most one runner that waits. ``command`` is told the descriptor of its socket as its last word."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        self._command = [*command]
        self._folder = folder
        self._lock = threading.Lock()
        self._waiting: _Waiting | None = None

    def prepare(self) -> None:
        """Have one wait for the next work. Best called when a work is over, so that it competes with none."""
        with self._lock, suppress(OSError):  # without one, the next work only starts a little later
            if self._waiting is None:
                self._waiting = self._start()

    def take(self, home: Path, lock: int) -> spawn.Process | None:
        """Have the one that waits run the work of a folder; None where there is none, or it would know other things.

        ``lock`` is the descriptor of the folder's lock, which the runner gets a copy of: until it has begun, the lock
        is held by the message that is under way.
        """
        with self._lock:
            waiting, self._waiting = self._waiting, None
        if waiting is None:
            return None
        with waiting.line:
            if waiting.environ != spawn.machine_environment():
                return None
            try:
                socket.send_fds(waiting.line, [os.fsencode(home)], [lock])
            except OSError:  # somebody killed it
                return None
        return waiting.process

    def _start(self) -> _Waiting:
        ours, theirs = socket.socketpair()
        environ = spawn.machine_environment()
        with theirs:
            try:
                process = spawn.detached(
                    [*self._command, str(theirs.fileno())],
                    cwd=self._folder,
                    env=environ,
                    output=Path(os.devnull),
                    keep=[theirs.fileno()],
                )
            except OSError:
                ours.close()
                raise
        return _Waiting(process, ours, environ)
