"""Text files of any length, read in windows and searched from end to end: never is more than a piece in memory.

A window begins and ends at whole characters, so that what is read piece by piece is the same as what is read at once.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import orjson

from lazuli.compute import spawn
from lazuli.schema.problems import InvalidInput, Unavailable

__all__ = ["Found", "Match", "Text", "Window", "find", "whole_characters", "window"]

LONGEST_WINDOW = 1 << 20
MOST_MATCHES = 1000
LONGEST_S = 5.0
"""How long a search may take; what was found until then is told."""
LONGEST_LINE = 2000
"""Bytes of a line that are told with a match."""
_PIECE = 1 << 20
_LONGEST_PATTERN = 1000


class Text(Protocol):
    """A text file; it may be growing."""

    @property
    def size(self) -> int:
        """How many bytes it has now."""
        ...

    def read(self, offset: int, limit: int) -> bytes:
        """At most ``limit`` bytes from ``offset``; empty behind the end."""
        ...

    @property
    def file(self) -> Path | None:
        """The file that holds these very bytes, where there is one."""
        ...


@dataclass(frozen=True)
class Window:
    """A part of a text."""

    size: int
    """How many bytes the text has in all."""
    offset: int
    """Where the part begins, in bytes."""
    next: int
    """Where what follows begins."""
    text: str


@dataclass(frozen=True)
class Match:
    """A line in which something was found, and where in the text it was."""

    offset: int
    line: int
    """The number of the line, from where the search began; the first is 1."""
    start: int
    """Where the line begins, in bytes."""
    text: str


@dataclass(frozen=True)
class Found:
    """What a search gave: whether there may be more, and where it would go on."""

    matches: list[Match]
    more: bool
    next: int


def window(text: Text, offset: int, length: int) -> Window:
    """The part of a text from ``offset`` on, about ``length`` bytes of it; a negative offset counts from the end."""
    size = text.size
    start = offset if offset >= 0 else max(0, size + offset)
    data = text.read(start, max(4, min(length, LONGEST_WINDOW)))
    if offset:  # it may have hit the middle of a character
        cut = next((n for n, byte in enumerate(data[:4]) if byte & 0b1100_0000 != 0b1000_0000), 0)
        start, data = start + cut, data[cut:]
    end = start + len(data)
    whole = data if end >= size and not text.read(end, 1) else whole_characters(data)
    whole = whole or data
    return Window(max(size, start + len(whole)), start, start + len(whole), whole.decode(errors="replace"))


def whole_characters(piece: bytes) -> bytes:
    """``piece`` without the UTF-8 character that is cut at its end, where one is."""
    for back in range(1, min(4, len(piece)) + 1):
        byte = piece[-back]
        if byte & 0b1100_0000 == 0b1000_0000:
            continue
        wanted = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
        return piece[:-back] if wanted > back else piece
    return piece


def find(text: Text, wanted: str, *, regex: bool = False, start: int = 0, limit: int = 100) -> Found:
    """The lines from ``start`` on that hold ``wanted``, in any case; or that match it, where it is an expression.

    A search ends after ``limit`` matches, or when its time is over. Raises :class:`InvalidInput` for no expression.
    """
    limit = max(1, min(limit, MOST_MATCHES))
    if not wanted or len(wanted) > _LONGEST_PATTERN:
        raise InvalidInput(
            f"A search is for 1 to {_LONGEST_PATTERN} characters.", target="text", mend="Say what to look for."
        )
    if not regex:
        return _gathered(_with_word(text, wanted.encode().lower(), start), limit, text)
    try:
        re.compile(wanted)
    except (re.error, RecursionError, OverflowError) as error:
        raise InvalidInput(f"'{wanted}' is no regular expression: {error}.", target="text") from None
    return _matching(text, wanted, start, limit)


def _gathered(found: Iterator[Match | int], limit: int, text: Text) -> Found:
    """The first matches; between them the search tells how far it has come."""
    matches: list[Match] = []
    until, at = time.monotonic() + LONGEST_S, 0
    for each in found:
        if isinstance(each, Match):
            if len(matches) == limit:
                return Found(matches, True, each.start)
            matches.append(each)
        else:
            at = each
        if time.monotonic() > until:
            return Found(matches, True, at if isinstance(each, int) else each.start + 1)
    return Found(matches, False, text.size)


def _with_word(text: Text, word: bytes, start: int) -> Iterator[Match | int]:
    """Each line that holds ``word``, once, and after each piece how far all before was searched."""
    line, rest, at = 1, b"", start  # ``rest`` begins at ``at``, and holds no whole line
    while piece := text.read(at + len(rest), _PIECE):
        data = rest + piece
        cut = data.rfind(b"\n") + 1 or (len(data) if len(data) > 2 * _PIECE else 0)
        yield from _in_lines(data[:cut], word, at, line)
        line += data.count(b"\n", 0, cut)
        rest, at = data[cut:], at + cut
        yield at
    yield from _in_lines(rest, word, at, line)


def _in_lines(data: bytes, word: bytes, at: int, line: int) -> Iterator[Match]:
    """The matches in whole lines that begin at ``at``, the first of which has the number ``line``."""
    small, counted, place = data.lower(), 0, 0
    while (place := small.find(word, place)) >= 0:
        begin = data.rfind(b"\n", 0, place) + 1
        end = data.find(b"\n", place)
        end = len(data) if end < 0 else end
        line, counted = line + data.count(b"\n", counted, begin), begin
        yield Match(at + place, line, at + begin, _shown(data[begin:end], place - begin))
        place = end + 1


def _shown(line: bytes, place: int) -> str:
    """A line, or of a long one what is around the match."""
    begin = max(0, place - LONGEST_LINE // 2) if len(line) > LONGEST_LINE else 0
    return line[begin : begin + LONGEST_LINE].decode(errors="replace").rstrip("\r")


def _matching(text: Text, expression: str, start: int, limit: int) -> Found:
    """The same by an expression, in a process of its own: some expressions take for ever, and it can be ended."""
    with tempfile.TemporaryDirectory() as folder:
        file, began = text.file, 0
        if file is None:
            file, began = Path(folder, "text"), start
            _copy(text, file, start)
        program = Path(__file__).with_name("texts_regex.py")
        asked = orjson.dumps([str(file), start - began, limit + 1, expression, LONGEST_S, LONGEST_LINE]).decode()
        done = spawn.run(
            [sys.executable, "-I", "-S", str(program), asked],
            cwd=Path(folder),
            env=spawn.machine_environment(),
            timeout_s=2 * LONGEST_S,
        )
    if done is None or done.code:
        raise Unavailable(
            f"The expression takes longer than {LONGEST_S:.0f} seconds on a single line.",
            target="text",
            mend="Write it without repetitions inside repetitions.",
            code="SearchTooSlow",
        )
    told = orjson.loads(done.output)
    matches = [Match(m[0] + began, m[1], m[2] + began, m[3]) for m in told["matches"]]
    if len(matches) > limit:
        return Found(matches[:limit], True, matches[limit].start)
    return Found(matches, told["more"], told["next"] + began)


def _copy(text: Text, file: Path, start: int) -> None:
    with file.open("wb") as copy:
        while piece := text.read(start, _PIECE):
            copy.write(piece)
            start += len(piece)
