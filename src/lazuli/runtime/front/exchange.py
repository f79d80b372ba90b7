"""A caller's connection: requests are cut out of what comes, one is answered after the other."""

from __future__ import annotations

import asyncio
from typing import Protocol

from lazuli.runtime.front.wire import (
    CONTINUE,
    END,
    LARGEST_HEAD,
    Chunks,
    Head,
    Refusal,
    error,
    too_large,
    written,
)

__all__ = ["Exchange", "Room"]


class Room(Protocol):
    """What stands behind connections."""

    exchanges: set[Exchange]
    largest: int
    is_ending: bool

    def read(self, raw: bytes) -> Head:
        """The head of a request. Raises :class:`Refusal`."""
        ...

    def reply(self, head: Head, body: bytes) -> bytes | asyncio.Task[bytes]:
        """The whole answer, now or later."""
        ...


class Exchange(asyncio.Protocol):
    """One connection."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.is_busy = False  # an answer is being made
        self.since = 0.0  # when something came that a caller may take time for, on the loop's clock
        self._loop = asyncio.get_running_loop()
        self._found = b""
        self._head: Head | None = None
        self._body: bytearray | Chunks | None = None  # one that does not come at once
        self._is_clogged = False
        self._is_last = False  # the caller has nothing more to say
        self._is_refused = False  # whatever else comes is thrown away, so that the caller gets to read why

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A caller is there."""
        assert isinstance(transport, asyncio.Transport)
        self._line = transport
        self.since = self._loop.time()
        self.room.exchanges.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The caller has gone. What is being answered is answered to nobody."""
        self.room.exchanges.discard(self)

    def pause_writing(self) -> None:
        """The caller does not read what was sent."""
        self._is_clogged = True

    def resume_writing(self) -> None:
        """The caller reads again."""
        self._is_clogged = False
        self._line.resume_reading()
        self._advance()

    def eof_received(self) -> bool:
        """The caller has said all; whether it is still owed an answer."""
        self._is_last = True
        return self.is_busy

    def data_received(self, data: bytes) -> None:
        """Something came. A head has to come as a whole in its time, and so has what a stranger sends."""
        if self._is_refused:
            return
        if not self.is_midway or (self._head is not None and self._head.is_permitted_until):
            self.since = self._loop.time()
        if self.is_busy or self._is_clogged:
            self._found += data
            if len(self._found) > LARGEST_HEAD:
                self._line.pause_reading()
            return
        self._found = self._found + data if self._found else data
        self._advance()

    @property
    def is_midway(self) -> bool:
        """Whether a request has come in part."""
        return self._is_refused or self._head is not None or bool(self._found)

    def hang_up(self) -> None:
        """Close, at once where no answer is being made, else after it."""
        if not self.is_busy:
            self._line.close()

    def _advance(self) -> None:
        """Answer what has come as a whole."""
        try:
            while self._found and not self.is_busy and not self._is_clogged:
                head = self._head or self._next_head()
                if head is None:
                    return
                self._head = head
                body = self._next_body(head)
                if body is None:
                    return
                self._head = None
                self._answer(head, body)
        except Refusal as refusal:
            answer = error(refusal.status, str(refusal), refusal.headers)
            self._found, self._head, self._body = b"", None, None
            self._is_refused = True
            self._line.write(written(answer, b"", keeps_alive=False))
            self._line.write_eof()

    def _next_head(self) -> Head | None:
        found = self._found
        end = found.find(END) + len(END)
        if end > LARGEST_HEAD or (end < len(END) and len(found) > LARGEST_HEAD):
            raise Refusal(431, f"The head of a request may have {LARGEST_HEAD} bytes at most.")
        if end < len(END):
            return None
        head = self.room.read(found[:end])
        self._found = found[end:]
        if head.length > self.room.largest:
            raise Refusal(413, too_large(self.room.largest))
        if head.expects and not self._found:
            self._line.write(CONTINUE)
        if head.is_chunked:
            self._body = Chunks(self.room.largest)
        return head

    def _next_body(self, head: Head) -> bytes | None:
        found, length, part = self._found, head.length, self._body
        if isinstance(part, Chunks):
            self._found = b""
            whole = part.feed(found)
            if whole is None:
                return None
            self._body = None
            body, self._found = whole
            return body
        if part is None and len(found) >= length:
            self._found = found[length:]
            return found[:length]
        part = self._body = bytearray() if part is None else part
        part += found
        self._found = b""
        if len(part) < length:
            return None
        self._body, self._found = None, bytes(part[length:])
        return bytes(part[:length])

    def _answer(self, head: Head, body: bytes) -> None:
        reply = self.room.reply(head, body)
        if isinstance(reply, bytes):
            self._line.write(reply)
            if not head.keeps_alive or self.room.is_ending:
                self._line.close()
                self._found = b""
            return
        self.is_busy = True
        reply.add_done_callback(lambda task: self._told(head, task))

    def _told(self, head: Head, task: asyncio.Task[bytes]) -> None:
        self.is_busy, self.since = False, self._loop.time()
        if self._line.is_closing():
            return
        self._line.write(task.result())
        if not head.keeps_alive or self.room.is_ending:
            self._line.close()
            return
        self._line.resume_reading()
        self._advance()
        if self._is_last and not self.is_busy:
            self._line.close()
