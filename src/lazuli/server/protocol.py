"""HTTP whose short answers leave in one piece: one packet, one call of the system, and one wake of whoever waits."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["Protocol"]

_SHORT = 1 << 16
"""Bytes of a body that are worth a copy to be sent with its head."""


class Protocol(HttpToolsProtocol):
    """The web server's own, but for how its answers leave."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begin to answer on a connection."""
        super().connection_made(_Gathered(transport, self.loop))  # type: ignore[arg-type]


class _Gathered:
    """A transport that keeps the head of an answer back for the body, or until the loop goes round."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head = b""
        self._send = transport.write

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send this: a head with what follows it, all else at once."""
        head, self._head = self._head, b""
        if not head and data.startswith(b"HTTP/"):
            self._head = data
            self._loop.call_soon(self._let_go)  # the first event of a stream may be a long time coming
        elif len(data) <= _SHORT:
            self._send(head + data)
        else:
            self._send(head)
            self._send(data)

    def close(self) -> None:
        """Send what is kept back, and close."""
        self._let_go()
        self._transport.close()

    def _let_go(self) -> None:
        head, self._head = self._head, b""
        if head:
            self._send(head)
