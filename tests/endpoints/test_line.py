"""A word with a process, whatever it answers."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

from lazuli.endpoints.line import ask


def answering(body: bytes, times: int) -> str:
    """Host and port of a server that answers once: a body without a length, again and again."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener, suppress(OSError):
            line = listener.accept()[0]
            with line:
                line.recv(10_000)
                line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                for _ in range(times):
                    line.sendall(body)

    threading.Thread(target=serve, daemon=True).start()
    return f"127.0.0.1:{listener.getsockname()[1]}"


def test_an_answer_without_end_is_none() -> None:
    assert ask(answering(b"x" * 1000, 3), "GET", "/") == b"x" * 3000
    assert ask(answering(b"x" * (1 << 20), 100), "GET", "/") is None
