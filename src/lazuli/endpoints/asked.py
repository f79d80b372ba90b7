"""What an endpoint was asked of late: its log of requests, summed up over short spans of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

__all__ = ["LONGEST_S", "asked_of_late"]

LONGEST_S = 24 * 3600
_MOST = 16 << 20
"""Bytes of a log that are read at most, its end: about a hundred thousand requests."""
_PIECE = 1 << 18


@dataclass
class _Span:
    """The requests of a deployment within one span of time."""

    count: int = 0
    failed: int = 0
    mirrored: int = 0
    ms: list[float] = field(default_factory=list)

    def add(self, said: dict[str, Any]) -> None:
        """Count one."""
        self.mirrored += bool(said["mirrored"])
        self.count += not said["mirrored"]
        self.failed += int(said["status"]) >= 400
        self.ms.append(float(said["ms"]))

    def told(self) -> dict[str, Any]:
        """Counts, and how many milliseconds half, 95 and 99 percent of the requests stayed below."""
        self.ms.sort()
        parts = {f"p{part}": self.ms[min(len(self.ms) - 1, len(self.ms) * part // 100)] for part in (50, 95, 99)}
        return {"count": self.count, "failed": self.failed, "mirrored": self.mirrored, **parts}


def asked_of_late(log: Path, since_s: float, step_s: float) -> dict[str, Any]:
    """``{"step", "spans", "isCut"}``: a span for each deployment that was asked in it, the oldest first.

    Requests that met no deployment are those of ``""``; looks at the endpoint's health are left out. ``isCut`` says
    that more was asked than is read.
    """
    spans: dict[tuple[int, str], _Span] = {}
    text, is_whole = _since(log, since_s)
    for said in _lines(text):
        if said["time"] < since_s or (said["deployment"] is None and said["status"] < 400):
            continue
        at = int(said["time"] // step_s * step_s * 1000)
        spans.setdefault((at, said["deployment"] or ""), _Span()).add(said)
    told = [{"at": at, "deployment": name, **spans[at, name].told()} for at, name in sorted(spans)]
    return {"step": int(step_s * 1000), "spans": told, "isCut": not is_whole}


def _since(log: Path, since_s: float) -> tuple[bytes, bool]:
    """The end of a log from a moment on, also of the one before it; and whether it is all of that."""
    text, is_whole = b"", False
    for path in (log, log.with_suffix(f".old{log.suffix}")):
        more, is_whole = _tail(path, since_s, _MOST - len(text))
        text = more + text
        if is_whole or len(text) >= _MOST:
            return text, is_whole
    return text, True  # it began later


def _tail(path: Path, since_s: float, most: int) -> tuple[bytes, bool]:
    """The end of a file of lines, and whether it begins before a moment."""
    try:
        with path.open("rb") as file:
            begins = size = file.seek(0, 2)
            while begins and size - begins < most:
                begins = max(0, begins - _PIECE)
                file.seek(begins)
                piece = file.read(_PIECE)
                first = next(_lines(piece.partition(b"\n")[2] if begins else piece), None)
                if first and first["time"] < since_s:
                    break
            else:
                first = None
            file.seek(begins)
            text = file.read(size - begins)
            return (text.partition(b"\n")[2] if begins else text), first is not None
    except FileNotFoundError:
        return b"", False


def _lines(text: bytes) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        try:
            yield orjson.loads(line)
        except orjson.JSONDecodeError:  # the last one may be half written
            continue
