"""Protobuf as it lies in a file, read field by field: what is not asked for is stepped over and never in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

__all__ = ["Damaged", "Span", "Wire"]

Span = tuple[int, int]
"""Where a text, a list or a message lies in the file."""
_BUFFER = 256 << 10
_VARINT, _LONG, _BYTES, _SHORT = 0, 1, 2, 5
_SIGN, _WRAP = 1 << 63, 1 << 64


class Damaged(ValueError):
    """The bytes are no protobuf, or more of it than is read."""


class Wire:
    """A file of protobuf. ``most_fields`` bounds how long all reading takes together."""

    def __init__(self, source: BinaryIO, size: int, most_fields: int = 5_000_000) -> None:
        self._source = source
        self.size = size
        self._buffer, self._at = b"", 0
        self._left = most_fields

    def fields(self, span: Span) -> Iterator[tuple[int, Any]]:
        """The fields of a message, each as its number with a whole number or a span. Raises :class:`Damaged`."""
        place, end = span
        while place < end:
            self._left -= 1
            if self._left < 0:
                raise Damaged("it has too many parts")
            tag, place = self._varint(place, end)
            number, kind = tag >> 3, tag & 7
            if kind == _VARINT:
                value, place = self._varint(place, end)
                yield number, value - _WRAP if value >= _SIGN else value
                continue
            if kind == _BYTES:
                length, place = self._varint(place, end)
            elif kind in (_LONG, _SHORT):
                length = 8 if kind == _LONG else 4
            else:
                raise Damaged("it has a field of no known kind")
            if not number or place + length > end:
                raise Damaged("a field is longer than what it lies in")
            yield number, (place, place + length)
            place += length

    def text(self, value: Any, most: int = 100_000) -> str:
        """A span as text, cut where it is very long; '' for what is no span."""
        if not isinstance(value, tuple):
            return ""
        return self._bytes(value[0], min(value[1], value[0] + most)).decode(errors="replace")

    def numbers(self, value: Any) -> list[int]:
        """The whole numbers of a list: one that stands alone, or several packed into a span."""
        if not isinstance(value, tuple):
            return [value]
        found: list[int] = []
        place, end = value
        if end - place > _BUFFER:
            raise Damaged("a list of sizes is too long")
        while place < end:
            number, place = self._varint(place, end)
            found.append(number - _WRAP if number >= _SIGN else number)
        return found

    def count(self, value: Any) -> int:
        """How many whole numbers a list holds; nothing of them is kept."""
        if not isinstance(value, tuple):
            return 1
        place, end = value
        total = 0
        while place < end:
            piece = self._bytes(place, min(end, place + _BUFFER))
            total += sum(byte < 0x80 for byte in piece)
            place += len(piece)
        return total

    def _varint(self, place: int, end: int) -> tuple[int, int]:
        value = shift = 0
        while place < end and shift < 70:
            byte = self._byte(place)
            place += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & (_WRAP - 1), place
            shift += 7
        raise Damaged("a number does not end")

    def _byte(self, place: int) -> int:
        offset = place - self._at
        if not 0 <= offset < len(self._buffer):
            self._fill(place)
            offset = 0
        return self._buffer[offset]

    def _bytes(self, start: int, end: int) -> bytes:
        offset = start - self._at
        if offset >= 0 and end - self._at <= len(self._buffer):
            return self._buffer[offset : end - self._at]
        self._source.seek(start)
        data = self._source.read(end - start)
        if len(data) < end - start:
            raise Damaged("it was cut short")
        return data

    def _fill(self, place: int) -> None:
        self._source.seek(place)
        self._buffer, self._at = self._source.read(_BUFFER), place
        if not self._buffer:
            raise Damaged("it was cut short")
