"""A deployment of other processes: requests are handed to whichever is free, over connections that stay open."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httptools

from lazuli.runtime.front.requests import Request
from lazuli.runtime.front.table import ProcessSaid
from lazuli.runtime.front.wire import Answer, error

__all__ = ["Processes"]

SCORE = b"/score"
TRIES = 3
"""How many processes a request is sent to when they die under it: the first may have closed an old connection."""
_TIME = b"ms-azureml-model-time: %.3f\r\n"
REST_S = 0.05
"""How long an address that cannot be reached is left alone."""
_ONE_HOP = {
    b"connection", b"content-length", b"expect", b"keep-alive", b"proxy-authorization", b"proxy-connection", b"te",
    b"trailer", b"transfer-encoding", b"upgrade",
}  # fmt: skip
_STAYS = _ONE_HOP | {b"authorization", b"azureml-model-deployment", b"x-request-id"}
"""Headers of a request that are for the front."""
_COLLECTS = b"x-lazuli-collects"
_OURS = _ONE_HOP | {b"date", b"server", b"x-request-id", b"x-ms-request-id", b"x-ms-client-request-id", _COLLECTS}
"""Headers of an answer that the front says itself, or that are for it."""


class Lost(Exception):
    """A process went away before it answered."""


class Overflow(Exception):
    """An answer is larger than may be."""


class Unreachable(Exception):
    """Nothing listens at an address."""


class Busy(Exception):
    """A request waited too long for its turn."""


class Seat(asyncio.Protocol):
    """A place for one request at a time, with a connection to one address."""

    def __init__(self, house: Processes, address: str) -> None:
        self.house, self.address = house, address
        self.is_busy = self.is_leaving = False
        self._line: asyncio.Transport | None = None
        self._reply: asyncio.Future[Answer] | None = None

    @property
    def is_connected(self) -> bool:
        """Whether a process is at the other end."""
        return self._line is not None

    async def ask(self, errand: Errand) -> Answer:
        """What the process answers. Raises :class:`Lost` or :class:`Unreachable`.

        Whoever does not wait for the end leaves the seat taken until the process has answered.
        """
        if self._line is None:
            await self._connect()
            assert self._line is not None
        self._parser = httptools.HttpResponseParser(self)
        self._status, self._headers, self._body, self._size = 0, list[tuple[bytes, bytes]](), list[bytes](), 0
        self._ends_with_line = False
        self._reply = asyncio.get_running_loop().create_future()
        errand.was_sent = True
        self._line.write(errand.data)
        return await self._reply

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            if self.address.startswith("/"):
                with own_socket(self.address) as place:
                    await loop.create_unix_connection(lambda: self, place)
            else:
                host, _, port = self.address.rpartition(":")
                await loop.create_connection(lambda: self, host, int(port))
        except OSError:
            loop.call_later(REST_S, self.house.free, self)
            raise Unreachable from None
        except asyncio.CancelledError:
            self.house.free(self)
            raise

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The line stands."""
        assert isinstance(transport, asyncio.Transport)
        self._line = transport

    def data_received(self, data: bytes) -> None:
        """A piece of an answer."""
        if self._reply is None or self._line is None:
            return self.close()  # it speaks without being asked
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._line.abort()
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        """The process hung up: an answer without a length ends so, another is lost."""
        self._line = None
        if self._reply is None:
            return
        if self._ends_with_line and exc is None:
            self.on_message_complete()
        else:
            self._done(Lost())

    def on_header(self, name: bytes, value: bytes) -> None:
        """httptools found a header."""
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """httptools has the head."""
        self._status = self._parser.get_status_code()
        known = {name for name, _ in self._headers}
        self._ends_with_line = not known & {b"content-length", b"transfer-encoding"}

    def on_body(self, piece: bytes) -> None:
        """httptools found a piece of the body."""
        self._body.append(piece)
        self._size += len(piece)
        if self._size > self.house.said.largest_answer and self._line is not None:
            self._line.abort()
            self._done(Overflow())

    def on_message_complete(self) -> None:
        """The answer is there as a whole."""
        if self._status < 200:  # a word before the answer
            self._headers.clear()
            return
        lines = [b"%b: %b\r\n" % pair for pair in self._headers if pair[0] not in _OURS]
        if self._line is not None and not self._parser.should_keep_alive():
            self.close()
        collects = next((value for name, value in self._headers if name == _COLLECTS), b"")
        self._done(Answer(self._status, b"".join(lines), b"".join(self._body), collects))

    def _done(self, found: Answer | Lost | Overflow) -> None:
        reply, self._reply = self._reply, None
        if reply is not None and not reply.done():  # else nobody waits for it any more
            reply.set_result(found) if isinstance(found, Answer) else reply.set_exception(found)
        self.house.free(self)

    def close(self) -> None:
        """Hang up."""
        line, self._line = self._line, None
        if line is not None:
            line.abort()


class Processes:
    """The processes of a deployment, and who waits for them."""

    def __init__(self, said: ProcessSaid) -> None:
        self.said = said
        self._scoring = said.scoring.encode()
        self._seats = [Seat(self, address) for _ in range(said.concurrency) for address in said.addresses]
        self._idle = deque(self._seats)
        self._leaving = set[Seat]()  # those whose address has gone, and that are still asked
        self._waiting: deque[asyncio.Future[Seat]] = deque()
        self._pending = 0
        self._pending_s, self._counted = 0.0, time.monotonic()
        self._is_closed = False

    def state(self) -> dict[str, Any]:
        """How busy it is."""
        busy = sorted({seat.address for seat in self._seats if seat.is_busy})
        self._count(0)
        return {
            "in_flight": max(sum(seat.is_busy for seat in self._seats), self._pending),
            "waiting": len(self._waiting),
            "seats": len(self._seats),
            "instances": self.said.instances,
            "pending_seconds_total": round(self._pending_s, 6),
            "busy": busy,
        }

    def become(self, said: ProcessSaid) -> None:
        """Ask other addresses from now on; what was sent to former ones is answered by them."""
        for seat in [seat for seat in self._seats if seat.address not in said.addresses]:
            self._seats.remove(seat)
            seat.is_leaving = True
            self._leaving.add(seat)
            if seat in self._idle:
                self._idle.remove(seat)
                self.free(seat)
        there, self.said = {seat.address for seat in self._seats}, said
        for address in said.addresses:
            for _ in range(said.concurrency if address not in there else 0):
                seat = Seat(self, address)
                self._seats.append(seat)
                self.free(seat)

    def _count(self, change: int) -> None:
        """Add the requests up over time that are being answered or wait: what autoscaling goes by."""
        now = time.monotonic()
        self._pending_s += self._pending * (now - self._counted)
        self._counted = now
        self._pending += change

    def close(self) -> None:
        """Hang up wherever nobody waits for an answer."""
        self._is_closed = True
        for seat in self._idle:
            seat.close()

    def free(self, seat: Seat) -> None:
        """A seat is there for the next one."""
        if seat.is_leaving:
            seat.is_busy = False
            self._leaving.discard(seat)
            return seat.close()
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                seat.is_busy = True
                return turn.set_result(seat)
        seat.is_busy = False
        self._idle.append(seat)
        if self._is_closed:
            seat.close()
        return None

    async def answer(self, request: Request) -> Answer:
        """What a process answers, or why none did."""
        if not self._seats:
            return error(503, "No instance of the deployment is ready. Try again in a moment.")
        if self._pending - len(self._leaving) >= 2 * len(self._seats):
            return error(429, f"{self._pending} requests are being answered or wait. Try again in a moment.")
        self._count(1)
        began = time.perf_counter()
        errand = Errand(request, self._scoring)
        try:
            async with asyncio.timeout(self.said.timeout_ms / 1000):
                answer = await self._run(errand)
        except TimeoutError:
            if errand.was_sent:
                return error(408, f"The deployment took longer than {self.said.timeout_ms} ms.")
            return error(503, "No process of the deployment can be reached. Try again in a moment.")
        except Busy:
            return error(429, f"The request waited {self.said.wait_ms} ms for its turn. Try again in a moment.")
        except Overflow:
            says = f"The deployment's answer has more than {self.said.largest_answer} bytes."
            return blamed(error(424, says), 200, began, b"response_too_large")
        except Lost:
            return blamed(error(424, "The deployment's process ended before it answered."), 502, began)
        finally:
            self._count(-1)
        if answer.status == 200:
            return answer._replace(headers=answer.headers + _TIME % ms_since(began))
        return blamed(answer, answer.status, began)

    async def _run(self, errand: Errand) -> Answer:
        """What a process answers. Raises :class:`Lost` when too many ended under it."""
        while True:
            seat = await self._turn()
            try:
                return await seat.ask(errand)
            except Unreachable:
                continue
            except Lost:
                errand.tries -= 1
                if not errand.tries:
                    raise

    async def _turn(self) -> Seat:
        """The next seat that is free. Raises :class:`Busy` when that takes too long."""
        if self._idle:
            seat = self._idle.popleft()
            seat.is_busy = True
            return seat
        # where nothing answers there is no queue to be long: a process may come back within the request's time
        wait_ms = self.said.wait_ms if any(seat.is_connected for seat in self._seats) else self.said.timeout_ms
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(wait_ms / 1000):
                return await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():  # it came in the same moment
                self.free(turn.result())
            if isinstance(error, TimeoutError):
                raise Busy from None
            raise


class Errand:
    """A request as a process gets it, and how often it may still be sent."""

    def __init__(self, request: Request, scoring: bytes) -> None:
        head = request.head
        path = head.path if scoring == SCORE else behind(scoring, head.path)
        target = path + b"?" + head.query if head.query else path
        method = b"GET" if head.method == b"HEAD" else head.method
        lines = [b"%b: %b\r\n" % pair for pair in head.headers if pair[0] not in _STAYS]
        if head.body_is_told:
            lines.append(b"content-length: %d\r\n" % len(request.body))
        rest = (b"".join(lines), request.name, request.body)
        self.data = b"%b %b HTTP/1.1\r\n%bx-request-id: %b\r\n\r\n%b" % (method, target, *rest)
        self.tries = TRIES
        self.was_sent = False


@contextmanager
def own_socket(path: str) -> Iterator[str]:
    """A path that leads to the socket at ``path`` itself. Raises :class:`OSError` where something else stands there.

    A script in a container could lay a link, to have the front ask a socket that it does not reach itself.
    """
    if not hasattr(os, "O_PATH"):  # not Linux: no containers' sockets are reached from outside either
        yield path
        return
    place = os.open(path, os.O_PATH | os.O_NOFOLLOW)
    try:
        if not stat.S_ISSOCK(os.fstat(place).st_mode):
            raise ConnectionRefusedError(path)
        yield f"/proc/self/fd/{place}"
    finally:
        os.close(place)


def behind(scoring: bytes, path: bytes) -> bytes:
    """The path in a user's own server of what a caller asks for."""
    if path == SCORE:
        return scoring
    if path.startswith(SCORE + b"/"):
        return scoring.rstrip(b"/") + path[len(SCORE) :]
    return path


def blamed(answer: Answer, status: int, began: float, reason: bytes = b"model_error") -> Answer:
    """The answer that tells a caller what the model said instead of what can be sent."""
    more = b"ms-azureml-model-error-statuscode: %d\r\nms-azureml-model-error-reason: %b\r\n" % (status, reason)
    return answer._replace(status=424, headers=answer.headers + more + _TIME % ms_since(began))


def ms_since(began: float) -> float:
    """Milliseconds."""
    return (time.perf_counter() - began) * 1000
