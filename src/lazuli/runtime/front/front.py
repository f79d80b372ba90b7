"""The endpoint itself: keys, traffic, deployments, and what is told about them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from lazuli.runtime.front.collect import Collector
from lazuli.runtime.front.counts import Counts, RequestLog, metric, told
from lazuli.runtime.front.doors import Keys
from lazuli.runtime.front.exchange import Exchange
from lazuli.runtime.front.processes import Processes
from lazuli.runtime.front.requests import Deployment, Request
from lazuli.runtime.front.split import Share, Split
from lazuli.runtime.front.table import ModelSaid, ProcessSaid, Table, WrongTable, read
from lazuli.runtime.front.wire import Answer, Head, Refusal, error, parsed, written

__all__ = ["Front", "check", "serve"]

MOST_HEADS, LONGEST_HEAD = 4096, 2048
"""How many heads of which size are remembered: a caller sends the same one again and again."""
FLUSH_S = 0.25
SWEEP_S = 5.0
LONGEST_PART_S, LONGEST_IDLE_S = 30.0, 300.0
"""How long a caller may take for a request it has begun, and say nothing between two."""
LARGEST_OF_STRANGERS = 64 * 1024
"""Bytes that are read of a request without a key, so that its connection can go on."""
NO_KEY = "Send a key of the endpoint or a token that has not expired: 'Authorization: Bearer …'."
CHALLENGE = b"www-authenticate: Bearer\r\n"
TEXT = b"content-type: text/plain; charset=utf-8\r\n"
HEALTHY = Answer(200, TEXT, b"Healthy")


class House:
    """A deployment as it stands in a table."""

    def __init__(self, name: str, said: ProcessSaid | ModelSaid, deployment: Deployment, counts: Counts) -> None:
        self.name, self.said, self.deployment, self.counts = name, said, deployment, counts
        self.line = b"azureml-model-deployment: %b\r\n" % name.encode()
        self.collector = Collector(said.collect) if said.collect else None
        self.asked = 0  # requests that are not answered yet

    def can_become(self, said: ProcessSaid | ModelSaid) -> bool:
        """Whether only its addresses, limits and what is kept of it are others."""
        mine = self.said
        if not (isinstance(mine, ProcessSaid) and isinstance(said, ProcessSaid)):
            return False
        return mine.concurrency == said.concurrency and not said.is_new_beside(mine)

    def become(self, said: ProcessSaid) -> None:
        """Go on as a table says."""
        assert isinstance(self.deployment, Processes)
        if said.collect != self.said.collect:
            if self.collector is not None:
                self.collector.close()
            self.collector = Collector(said.collect) if said.collect else None
        self.deployment.become(said)
        self.said = said

    def close(self) -> None:
        """Let go of everything; nobody asks any more."""
        self.deployment.close()
        if self.collector is not None:
            self.collector.close()

    def state(self) -> dict[str, Any]:
        """How busy it is."""
        return {**self.deployment.state(), "asked": self.asked}


class Front:
    """What a table says, at work."""

    def __init__(self, table: Table) -> None:
        self.exchanges: set[Exchange] = set()
        self.is_ending = False
        self.log = RequestLog(table.log)
        self.leaving: list[House] = []
        self._counts: dict[str, Counts] = {}
        self._nowhere = Counts()  # requests that met no deployment
        self._heads: dict[bytes, Head] = {}
        self._prefix, self._number = os.urandom(10).hex().encode(), 0
        self._background: set[asyncio.Task[Any]] = set()
        self.houses: dict[str, House] = {}
        self.table = table

    async def take(self, table: Table) -> None:
        """Let a table take effect. Raises :class:`WrongTable`, and then all is as before."""
        houses: dict[str, House] = {}
        for name, said in table.deployments.items():
            old = self.houses.get(name)
            keeps = old is not None and (old.said == said or old.can_become(said))
            houses[name] = old if keeps and old else await self._built(name, said)
        # from here on nothing waits: no request sees half a table
        for name, old in self.houses.items():
            said = table.deployments.get(name)
            if houses.get(name) is not old:
                self.leaving.append(old)
            elif said != old.said and isinstance(said, ProcessSaid):
                old.become(said)
        self.table, self.houses, self.largest = table, houses, table.largest
        self._keys, self._split = Keys(table), Split(table.traffic)
        self._mirrors = [(houses[name], Share(percent)) for name, percent in table.mirror.items() if percent]
        self._heads.clear()
        if self.log.path != table.log:
            self.log.flush()
            self.log.close()
            self.log.path = table.log
        self._see_off()

    async def _built(self, name: str, said: ProcessSaid | ModelSaid) -> House:
        counts = self._counts.setdefault(name, Counts())
        if isinstance(said, ProcessSaid):
            return House(name, said, Processes(said), counts)
        from lazuli.runtime.front.models import Model  # and with it ONNX Runtime, which not every endpoint needs

        model = await asyncio.to_thread(Model, name, said)
        return House(name, said, model, counts)

    def _see_off(self) -> None:
        """Close the deployments that left the table once nobody waits for them."""
        for house in [house for house in self.leaving if not house.asked]:
            house.close()
            self.leaving.remove(house)

    def read(self, raw: bytes) -> Head:
        """The head of a request, and until when its caller may come in. Raises :class:`Refusal`.

        A stranger's body is not waited for, unless it is small: many of them would fill the memory.
        """
        head = self._heads.get(raw)
        if head is None:
            head = parsed(raw)
            self._keys.look_at(head)
            if head.is_permitted_until and len(raw) <= LONGEST_HEAD:  # strangers do not fill the memory
                if len(self._heads) >= MOST_HEADS:
                    self._heads.clear()
                self._heads[raw] = head
        if (head.is_chunked or head.length > LARGEST_OF_STRANGERS) and head.is_permitted_until < time.time():
            raise Refusal(401, NO_KEY, CHALLENGE)
        return head

    def reply(self, head: Head, body: bytes) -> bytes | asyncio.Task[bytes]:
        """The whole answer, now or later."""
        began = time.perf_counter()
        given = head.names[0]
        if not given:
            self._number += 1
            given = b"%b-%012x" % (self._prefix, self._number)
        request = Request(head, body, given)
        house, found = self._ask(request)
        if isinstance(found, Answer):
            return self._finished(request, house, found, began)
        if house is not None:
            house.asked += 1
        return asyncio.get_running_loop().create_task(self._later(request, house, found, began))

    def _ask(self, request: Request) -> tuple[House | None, Answer | Awaitable[Answer]]:
        """Where a request goes, and what is answered there."""
        head = request.head
        if head.path == b"/" and head.method in (b"GET", b"HEAD"):
            return None, HEALTHY if self._split.has_any() else error(503, "No deployment takes traffic.")
        if head.is_permitted_until < time.time():
            return None, error(401, NO_KEY, CHALLENGE)
        name = head.deployment or self._split.next()
        house = self.houses.get(name) if name else None
        if house is None:
            return None, error(404, self._unknown(name))
        if self._mirrors and not head.deployment:
            self._mirror(request, house)
        return house, self._answered(house, request)

    def _answered(self, house: House, request: Request) -> Answer | Awaitable[Answer]:
        try:
            return house.deployment.answer(request)
        except Exception:
            return unexpected()

    def _unknown(self, name: str | None) -> str:
        if name is None:
            return "No deployment of this endpoint takes traffic. Give one some, or name one in a request's header."
        known = ", ".join(self.houses) or "none"
        return f"The endpoint has no deployment '{name}'. It has: {known}."

    def _mirror(self, request: Request, asked: House) -> None:
        """Send a copy to whichever deployments are due one, and forget what they answer."""
        for house, share in self._mirrors:
            if house is not asked and share.is_due():
                house.asked += 1
                self.run(self._mirrored(house, request))

    async def _mirrored(self, house: House, request: Request) -> None:
        began = time.perf_counter()
        found = self._answered(house, request)
        await self._later(request, house, completed(found), began, is_copy=True)

    def run(self, work: Awaitable[Any]) -> None:
        """Do something beside the answers."""
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _later(
        self, request: Request, house: House | None, found: Awaitable[Answer], began: float, is_copy: bool = False
    ) -> bytes:
        try:
            answer = await found
        except Exception:
            answer = unexpected()
        if house is not None:
            house.asked -= 1
            if house.asked == 0 and self.leaving:
                self._see_off()
        return self._finished(request, house, answer, began, is_copy)

    def _finished(
        self, request: Request, house: House | None, answer: Answer, began: float, is_copy: bool = False
    ) -> bytes:
        """The answer as bytes, counted and told."""
        head, body, name = request
        seconds = time.perf_counter() - began
        counts = self._nowhere if house is None else house.counts
        counts.add(answer.status, seconds, len(body), len(answer.body))
        if self.log.path is not None:
            self.log.add(logged(request, house, answer, seconds, is_copy))
        if house is not None and house.collector is not None and answer.status in (200, 424):
            house.collector.add(request, answer)
        _, asked, client = head.names
        more = b"x-request-id: %b\r\nx-ms-request-id: %b\r\n" % (name, asked or client or name)
        if client or asked:
            more += b"x-ms-client-request-id: %b\r\n" % (client or asked)
        if house is not None:
            more = house.line + more
        keeps = head.keeps_alive and not self.is_ending
        return written(answer, more, keeps_alive=keeps, has_body=head.method != b"HEAD")

    def state(self) -> dict[str, Any]:
        """What is in effect, and how busy each deployment is."""
        return {
            "endpoint": self.table.endpoint,
            "generation": self.table.generation,
            "pid": os.getpid(),
            "callers": len(self.exchanges),
            "deployments": {name: house.state() for name, house in self.houses.items()},
            "leaving": [{"name": house.name, **house.state()} for house in self.leaving],
        }

    def metrics(self) -> str:
        """All that was counted, in the text of Prometheus."""
        endpoint = self.table.endpoint
        lines = list(self._nowhere.told(endpoint=endpoint, deployment=""))
        for name, counts in self._counts.items():
            lines += counts.told(endpoint=endpoint, deployment=name)
        for name, house in self.houses.items():
            for word, number in house.state().items():
                if isinstance(number, list):
                    continue
                lines.append(metric(f"lazuli_endpoint_{word}", number, endpoint=endpoint, deployment=name))
            if house.collector is not None:
                missed = house.collector.missed
                lines.append(metric("lazuli_endpoint_uncollected_total", missed, endpoint=endpoint, deployment=name))
        return told(lines)

    def sweep(self, now: float) -> None:
        """Hang up on callers that take too long."""
        for exchange in list(self.exchanges):
            longest = LONGEST_PART_S if exchange.is_midway else LONGEST_IDLE_S
            if not exchange.is_busy and now - exchange.since > longest:
                exchange.hang_up()

    async def end(self) -> None:
        """Answer what has come, and let go of everything."""
        self.is_ending = True
        for exchange in list(self.exchanges):
            exchange.hang_up()
        while any(exchange.is_busy for exchange in self.exchanges) or self._background:
            await asyncio.sleep(0.01)
        for house in [*self.houses.values(), *self.leaving]:
            house.close()
        self.log.flush()
        self.log.close()


class Control:
    """What is told to whoever runs the endpoint, over a socket of its own."""

    def __init__(self, front: Front, retake: Callable[[], object]) -> None:
        self.front = front
        self.retake = retake
        self.exchanges: set[Exchange] = set()
        self.largest, self.is_ending = 0, False

    def read(self, raw: bytes) -> Head:
        """The head of a request."""
        return parsed(raw)

    def reply(self, head: Head, body: bytes) -> bytes:
        """What is asked for."""
        if head.path == b"/state":
            answer = Answer(200, b"content-type: application/json\r\n", orjson.dumps(self.front.state()))
        elif head.path == b"/metrics":
            kind = b"content-type: text/plain; version=0.0.4; charset=utf-8\r\n"
            answer = Answer(200, kind, self.front.metrics().encode())
        elif head.path == b"/reload" and head.method == b"POST":
            self.retake()
            answer = Answer(200, TEXT, b"")
        else:
            answer = error(404, "There are /state, /metrics and /reload.")
        return written(answer, b"", keeps_alive=head.keeps_alive)


async def completed(found: Answer | Awaitable[Answer]) -> Answer:
    """An answer, once it is there."""
    return found if isinstance(found, Answer) else await found


def logged(request: Request, house: House | None, answer: Answer, seconds: float, is_copy: bool) -> bytes:
    """The log's line about a request, in JSON."""
    head, body, name = request
    if head.names[0]:
        name = orjson.dumps(name.decode("latin-1"))[1:-1]
    line = b'{"time":%.6f,"request":"%b",%b,"status":%d,"ms":%.3f,"deployment":%b,'
    line += b'"received":%d,"sent":%d,"mirrored":%b}\n'
    deployment = b"null" if house is None else b'"%b"' % house.name.encode()
    sizes = (len(body), len(answer.body), b"true" if is_copy else b"false")
    return line % (time.time(), name, head.logged, answer.status, seconds * 1000, deployment, *sizes)


def unexpected() -> Answer:
    """The answer to what should not have happened; the log has what did."""
    traceback.print_exc()
    return error(500, "The endpoint met a fault of its own. Its log has the details.")


async def check(file: str) -> int:
    """Load all that a file names, as if it were to take effect. The exit code."""
    try:
        table = read(Path(file))
        await Front(table).take(table)
    except WrongTable as wrong:
        print(wrong, file=sys.stderr, flush=True)
        return 3
    print("It can take effect.", flush=True)
    return 0


async def serve(file: str) -> int:
    """Be the endpoint that a file describes, until SIGTERM. The exit code."""
    path = Path(file)
    try:
        table = read(path)
        front = Front(table)
        await front.take(table)
    except WrongTable as wrong:
        print(wrong, file=sys.stderr, flush=True)
        return 3
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    loop.add_signal_handler(signal.SIGINT, ended.set)
    again = asyncio.Lock()

    def reread() -> None:
        front.run(retake(front, path, again))

    loop.add_signal_handler(signal.SIGHUP, reread)
    host, port = table.address
    with contextlib.suppress(FileNotFoundError):
        table.control.unlink()
    server = await loop.create_server(partial(Exchange, front), host, port, backlog=1024)
    before = os.umask(0o177)
    control = await loop.create_unix_server(partial(Exchange, Control(front, reread)), table.control)
    os.umask(before)
    every(loop, FLUSH_S, front.log.flush)
    every(loop, SWEEP_S, lambda: front.sweep(loop.time()))
    print(f"Endpoint {table.endpoint} is open at {host}:{port}.", flush=True)
    await ended.wait()
    server.close()
    await front.end()
    control.close()
    table.control.unlink(missing_ok=True)
    return 0


async def retake(front: Front, path: Path, again: asyncio.Lock) -> None:
    """Read the file again; one after the other when it changes quickly."""
    async with again:
        try:
            await front.take(read(path))
        except WrongTable as wrong:
            print(f"The table stays as it was. {wrong}", file=sys.stderr, flush=True)
        else:
            print(f"Generation {front.table.generation} is in effect.", flush=True)


def every(loop: asyncio.AbstractEventLoop, seconds: float, do: Callable[[], Any]) -> None:
    """Do something again and again."""
    do()
    loop.call_later(seconds, every, loop, seconds, do)
