"""A word over a Unix socket with a process of an endpoint on this machine."""

from __future__ import annotations

import socket
from http.client import HTTPConnection, HTTPException
from pathlib import Path

__all__ = ["ask"]

_PATIENCE_S = 2.0


def ask(line: Path, method: str, path: str) -> bytes | None:
    """The body of a 200, or None where there is nobody or the answer is another."""
    connection = _Connection(line)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        body = answer.read()
        return body if answer.status == 200 else None
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


class _Connection(HTTPConnection):
    def __init__(self, line: Path) -> None:
        super().__init__("localhost", timeout=_PATIENCE_S)
        self._line = line

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._line))
