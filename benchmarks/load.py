"""The same raw load for any HTTP server: prepared requests over keep-alive connections, and nothing else to do."""

from __future__ import annotations

import json
import selectors
import socket
import time
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

__all__ = ["each_s", "once", "paced_s", "request", "seconds_for"]

MOST_REFUSED = 10
"""How often in a row a server may hang up on one request."""


def request(url: str, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> bytes:
    """One HTTP request, ready to be sent. ``body`` is written as JSON."""
    place = urlsplit(url)
    content = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
    lines = [f"{method} {place.path}{path} HTTP/1.1", f"Host: {place.netloc}", f"Content-Length: {len(content)}"]
    lines += ["Content-Type: application/json", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + content


def seconds_for(url: str, requests: Iterable[bytes], connections: int) -> float:
    """How long a server takes to answer all these requests with 200, so many of them at a time."""
    waiting = list(requests)[::-1]
    selector = selectors.DefaultSelector()
    lines = [_Line(url) for _ in range(min(connections, len(waiting)))]
    began = time.perf_counter()
    for line in lines:
        selector.register(line.socket, selectors.EVENT_READ, line)
        line.send(waiting.pop())
    busy = len(lines)
    while busy:
        for key, _ in selector.select():
            line: _Line = key.data
            if line.is_hung_up():  # as a busy MLflow does when it replaces a worker: ask again, at its own cost
                selector.unregister(line.socket)
                line.again()
                selector.register(line.socket, selectors.EVENT_READ, line)
            if not line.answered():
                continue
            if line.is_over or not waiting:
                selector.unregister(line.socket)
                line.socket.close()
            if waiting:
                _send(line, waiting.pop(), selector)
            else:
                busy -= 1
    return time.perf_counter() - began


def _send(line: _Line, sent: bytes, selector: selectors.BaseSelector) -> None:
    """Send a request, over a new connection where the server said that it closes the one before."""
    if line.is_over:
        line.open()
        selector.register(line.socket, selectors.EVENT_READ, line)
    line.send(sent)


def each_s(url: str, requests: Iterable[bytes]) -> list[float]:
    """How long each request takes, one after the other over one connection."""
    line, found = _Line(url), list[float]()
    for sent in requests:
        if line.is_over:
            line.open()
        began = time.perf_counter()
        line.send(sent)
        while not line.answered():
            pass
        found.append(time.perf_counter() - began)
    line.socket.close()
    return found


def paced_s(url: str, sent: bytes, rate: float, seconds: float) -> list[float]:
    """How long each request takes from the moment it was due, when so many are due each second, evenly."""
    selector = selectors.DefaultSelector()
    idle: list[_Line] = []
    due: dict[_Line, float] = {}
    found = list[float]()
    began = time.perf_counter()
    begun, total = 0, int(rate * seconds)
    while len(found) < total:
        at = began + begun / rate
        if begun < total and time.perf_counter() >= at:
            if not idle:
                idle.append(_Line(url))
                selector.register(idle[-1].socket, selectors.EVENT_READ, idle[-1])
            line = idle.pop()
            due[line] = at
            _send(line, sent, selector)
            begun += 1
            continue
        for key, _ in selector.select(max(0.0, at - time.perf_counter()) if begun < total else None):
            line = key.data
            if line.answered():
                found.append(time.perf_counter() - due[line])
                idle.append(line)
                if line.is_over:  # some servers wait for the caller to close it too
                    selector.unregister(line.socket)
                    line.socket.close()
    for line in idle:
        line.socket.close()
    return found


def once(url: str, sent: bytes) -> Any:
    """The JSON that a server answers to one request."""
    line = _Line(url)
    line.socket.settimeout(300)
    line.send(sent)
    while True:
        if line.is_hung_up():
            line.again()
        if line.answered():
            break
    line.socket.close()
    return json.loads(line.body)


class _Line:
    """One connection, which waits for one answer at a time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._sent = b""
        self._received = bytearray()
        self._refused = 0
        self.body = b""
        self.is_over = False
        self.socket = self._connected()

    def _connected(self) -> socket.socket:
        place = urlsplit(self._url)
        connection = socket.create_connection((place.hostname or "", place.port or 80))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def open(self) -> None:
        """Connect anew."""
        self.socket.close()
        self._received.clear()
        self.is_over = False
        self.socket = self._connected()

    def send(self, data: bytes) -> None:
        self._sent = data
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        self.socket.sendall(data)

    def is_hung_up(self) -> bool:
        try:
            return not self.socket.recv(1, socket.MSG_PEEK)
        except ConnectionError:
            return True

    def again(self) -> None:
        """Connect anew and send the last request once more."""
        self._refused += 1
        if self._refused > MOST_REFUSED:
            raise RuntimeError(f"{self._url} hung up {MOST_REFUSED} times")
        self.open()
        self.send(self._sent)

    def answered(self) -> bool:
        """Read what is there; whether the answer is complete now."""
        # Acknowledge at once: a server that leaves its two packets to the kernel would else seem 40 ms slower.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        self._received += self.socket.recv(1 << 20)
        head, found, rest = self._received.partition(b"\r\n\r\n")
        if not found:
            return False
        fields = dict(line.lower().split(b": ", 1) for line in bytes(head).split(b"\r\n")[1:])
        length = int(fields[b"content-length"])
        if len(rest) < length:
            return False
        if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
            raise RuntimeError(bytes(self._received[:1000]).decode())
        self.body = bytes(rest[:length])
        self._received.clear()
        self._refused = 0
        self.is_over = fields.get(b"connection") == b"close"
        return True
