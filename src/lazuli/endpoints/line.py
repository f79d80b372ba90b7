"""A word with a process of an endpoint on this machine, over a Unix socket or at a port."""

from __future__ import annotations

import socket
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path

__all__ = ["ask"]

_PATIENCE_S = 2.0
_LARGEST = 16 << 20
"""Bytes of an answer that are read: counts of an endpoint have fewer by far."""


def ask(line: Path | str, method: str, path: str, timeout_s: float = _PATIENCE_S) -> bytes | None:
    """The body of a 200, or None where there is nobody, or the answer is another or has no end.

    ``line`` is the path of a socket, or a host with a port.
    """
    connection = _Connection(str(line), timeout_s)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        ends, body = time.monotonic() + timeout_s, bytearray()
        while piece := answer.read1(1 << 16):
            body += piece
            if len(body) > _LARGEST or time.monotonic() > ends:  # it may be anybody's server
                return None
        return bytes(body) if answer.status == 200 else None
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


class _Connection(HTTPConnection):
    def __init__(self, line: str, timeout_s: float) -> None:
        super().__init__("localhost" if line.startswith("/") else line, timeout=timeout_s)
        self._line = line

    def connect(self) -> None:
        """Open the socket."""
        if not self._line.startswith("/"):
            return super().connect()
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        return self.sock.connect(self._line)
