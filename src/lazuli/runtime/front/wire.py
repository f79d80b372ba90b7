"""HTTP/1.1 as bytes: heads of requests read by httptools, bodies cut out, answers written."""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple

import httptools
import orjson

__all__ = ["CONTINUE", "END", "LARGEST_HEAD", "Answer", "Chunks", "Head", "Refusal", "error", "parsed", "written"]

END = b"\r\n\r\n"
LONGEST_NAME = 100
LARGEST_HEAD = 64 * 1024
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
JSON = b"content-type: application/json\r\n"
UNREADABLE = "What was sent is no HTTP request."
_STATUS = {status.value: b"HTTP/1.1 %d %s\r\n" % (status.value, status.phrase.encode()) for status in HTTPStatus}
_CLOSE = b"connection: close\r\n\r\n"


class Refusal(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, message: str, headers: bytes = b"") -> None:
        super().__init__(message)
        self.status, self.headers = status, headers


class Answer(NamedTuple):
    """What is sent back: whole lines of headers (without the length), and the body."""

    status: int
    headers: bytes
    body: bytes
    collects: bytes = b""
    """The streams that the script keeps by itself, between commas."""


def error(status: int, message: str, headers: bytes = b"") -> Answer:
    """An answer that tells what went wrong."""
    return Answer(status, JSON + headers, orjson.dumps({"message": message}))


class Head:
    """The first part of a request, up to the empty line."""

    __slots__ = (
        "body_is_told", "deployment", "expects", "headers", "is_chunked", "is_permitted_until", "keeps_alive", "length",
        "logged", "method", "names", "path", "query",
    )  # fmt: skip

    def __init__(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.method = self.path = self.query = b""
        self.length = 0
        self.is_chunked = self.expects = self.body_is_told = False
        self.keeps_alive = True
        self.is_permitted_until = 0.0  # seconds since 1970; 0 where the caller may not come in
        self.names: tuple[bytes, bytes, bytes] = (b"", b"", b"")
        """What the caller calls the request: ``x-request-id``, ``x-ms-request-id``, ``x-ms-client-request-id``."""
        self.deployment: str | None = None
        self.logged = b""  # what the log says of it

    def on_url(self, url: bytes) -> None:
        """httptools found a piece of the target."""
        self.path += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """httptools found a header."""
        self.headers.append((name.lower(), value))

    def first(self, name: bytes) -> bytes:
        """The value of a header, named in lower case; empty where it was not sent."""
        return next((value for key, value in self.headers if key == name), b"")


def parsed(raw: bytes) -> Head:
    """A head, from its first byte to the empty line. Raises :class:`Refusal` for what is none."""
    head = Head()
    parser = httptools.HttpRequestParser(head)
    try:
        parser.feed_data(raw)
    except httptools.HttpParserUpgrade:
        raise Refusal(400, "A change of protocol is not understood here.") from None
    except httptools.HttpParserError:
        raise Refusal(400, UNREADABLE) from None
    head.method = parser.get_method()
    head.path, _, head.query = head.path.partition(b"?")
    if not head.path.startswith(b"/"):
        raise Refusal(400, UNREADABLE)
    asked = head.first(b"connection").lower()  # the parser has forgotten it where the head is all there is
    head.keeps_alive = b"close" not in asked if parser.get_http_version() == "1.1" else b"keep-alive" in asked
    coding, length = head.first(b"transfer-encoding").lower(), head.first(b"content-length")
    if coding not in (b"", b"chunked") or (coding and length) or (length and not length.isdigit()):
        raise Refusal(400, "The body of a request comes with a Content-Length or in chunks.")
    head.is_chunked, head.length, head.body_is_told = bool(coding), int(length or 0), bool(coding or length)
    head.expects = head.first(b"expect").lower() == b"100-continue"
    head.names = (
        head.first(b"x-request-id"),
        head.first(b"x-ms-request-id"),
        head.first(b"x-ms-client-request-id"),
    )
    if max(map(len, head.names)) > LONGEST_NAME:
        raise Refusal(431, f"The x-request-id headers must not exceed {LONGEST_NAME} characters.")
    target = orjson.dumps(head.path.decode("latin-1"))
    head.logged = b'"method":"%b","path":%b' % (head.method, target)
    head.deployment = head.first(b"azureml-model-deployment").decode("latin-1") or None
    return head


class Chunks:
    """Puts a body together that comes in chunks."""

    def __init__(self, largest: int) -> None:
        self.largest = largest
        self.found, self.body = bytearray(), bytearray()

    def feed(self, data: bytes) -> tuple[bytes, bytes] | None:
        """The whole body and what came behind it, once it is there. Raises :class:`Refusal`."""
        self.found += data
        while (end := self.found.find(b"\r\n")) >= 0:
            try:
                size = int(bytes(self.found[:end]).partition(b";")[0].strip(), 16)
            except ValueError:
                raise Refusal(400, "A chunk of the body has no size.") from None
            if not 0 <= size <= self.largest - len(self.body):
                raise Refusal(413, too_large(self.largest))
            if size == 0:
                last = self.found.find(END, end)
                return None if last < 0 else (bytes(self.body), bytes(self.found[last + len(END) :]))
            if len(self.found) < end + 2 + size + 2:
                return None
            self.body += self.found[end + 2 : end + 2 + size]
            del self.found[: end + 2 + size + 2]
        if len(self.found) > LARGEST_HEAD:
            raise Refusal(400, "A chunk of the body has no size.")
        return None


def too_large(largest: int) -> str:
    """What a caller is told whose request is too large."""
    return f"The body of a request may have {largest} bytes at most."


def written(answer: Answer, more: bytes, *, keeps_alive: bool, has_body: bool = True) -> bytes:
    """An answer as bytes, with ``more`` lines of headers."""
    status, headers, body, _ = answer
    first = _STATUS.get(status) or b"HTTP/1.1 %d Unknown\r\n" % status
    end = b"\r\n" if keeps_alive else _CLOSE
    head = b"%b%b%bcontent-length: %d\r\n%b" % (first, headers, more, len(body), end)
    return head + body if has_body else head
