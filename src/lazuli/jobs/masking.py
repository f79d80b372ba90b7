"""Hiding secrets in logs: every byte of them becomes a ``*``.

The length stays, so that an offset in the log means the same before and after, and a reader who goes on from one
never sees a line twice or half.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

__all__ = ["mask_file", "masked", "read_masked"]

_PIECE = 1 << 20


def masked(data: bytes, secrets: Sequence[bytes]) -> bytes:
    """``data`` without the secrets, also where they overlap."""
    hidden = bytearray(data)
    for secret in secrets:
        at = data.find(secret)
        while at >= 0:
            hidden[at : at + len(secret)] = b"*" * len(secret)
            at = data.find(secret, at + 1)
    return bytes(hidden)


def read_masked(
    read: Callable[[int, int], bytes], secrets: Sequence[bytes], offset: int, limit: int, *, grows: bool
) -> bytes:
    """At most ``limit`` bytes from ``offset`` of what ``read(offset, limit)`` gives, without the secrets.

    More is read on both sides, so that a secret across the borders of a piece is seen. Of a log that still
    ``grows``, an end that may be the beginning of a secret is held back until more is known.
    """
    if not secrets:
        return read(offset, limit)
    beyond = max(map(len, secrets)) - 1
    start = max(0, offset - beyond)
    wanted = offset - start + limit + beyond
    data = read(start, wanted)
    end = len(data)
    if grows and end < wanted:
        end -= _perhaps_begun(data, secrets)
    return masked(data, secrets)[offset - start : min(offset - start + limit, end)]


def mask_file(file: Path, secrets: Sequence[bytes]) -> None:
    """Hide the secrets in a file that nobody writes to any more. It changes whole or not at all; safe to repeat."""
    if not secrets:
        return
    ready = file.with_name(f".{file.name}.masked")
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb") as source, ready.open("wb") as target:

        def read(offset: int, limit: int) -> bytes:
            source.seek(offset)
            return source.read(limit)

        offset = 0
        while piece := read_masked(read, secrets, offset, _PIECE, grows=False):
            target.write(piece)
            offset += len(piece)
    ready.replace(file)


def _perhaps_begun(data: bytes, secrets: Sequence[bytes]) -> int:
    """How many bytes at the end of ``data`` may be the beginning of a secret."""
    longest = min(len(data), max(map(len, secrets)) - 1)
    for length in range(longest, 0, -1):
        if any(length < len(secret) and data.endswith(secret[:length]) for secret in secrets):
            return length
    return 0
