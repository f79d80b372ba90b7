"""What is counted, as Prometheus reads it, and the log of requests."""

from __future__ import annotations

import contextlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import orjson

__all__ = ["Counts", "RequestLog", "metric", "told"]

_HISTOGRAM = "lazuli_endpoint_request_seconds"
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 180.0)
"""Upper bounds of the buckets, in seconds."""


class Counts:
    """How many requests were answered, with what, and how fast, for one deployment."""

    def __init__(self) -> None:
        self.answered: Counter[int] = Counter()
        self.buckets = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0
        self.received = self.sent = 0

    def add(self, status: int, seconds: float, received: int, sent: int) -> None:
        """Count a request and the bytes of its bodies."""
        self.answered[status] += 1
        self.buckets[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds
        self.received += received
        self.sent += sent

    def told(self, **labels: str) -> Iterable[str]:
        """The lines of this deployment."""
        for status, number in sorted(self.answered.items()):
            yield metric("lazuli_endpoint_requests_total", number, **labels, status=str(status))
        total = 0
        for bound, number in zip((*map(str, BOUNDS), "+Inf"), self.buckets, strict=True):
            total += number
            yield metric("lazuli_endpoint_request_seconds_bucket", total, **labels, le=bound)
        yield metric("lazuli_endpoint_request_seconds_sum", round(self.seconds, 6), **labels)
        yield metric("lazuli_endpoint_request_seconds_count", total, **labels)
        yield metric("lazuli_endpoint_received_bytes_total", self.received, **labels)
        yield metric("lazuli_endpoint_sent_bytes_total", self.sent, **labels)


def metric(name: str, value: float, **labels: str) -> str:
    """One line of Prometheus' text."""
    said = ",".join(f"{key}={orjson.dumps(text).decode()}" for key, text in labels.items())
    return f"{name}{{{said}}} {value}"


def told(lines: Iterable[str]) -> str:
    """Prometheus' text: the lines of each metric together, below what kind it is."""
    families: dict[str, list[str]] = {}
    for line in lines:
        name = line.partition("{")[0]
        base = name.rpartition("_")[0] if name.startswith(_HISTOGRAM) else name
        families.setdefault(base, []).append(line)
    found: list[str] = []
    for name, some in families.items():
        kind = "histogram" if name == _HISTOGRAM else "counter" if name.endswith("_total") else "gauge"
        found += [f"# TYPE {name} {kind}", *some]
    return "\n".join(found) + "\n"


class RequestLog:
    """A JSON line for each request, written a few times a second. One that grew large makes room for a new one."""

    LARGEST = 64 * 1024 * 1024

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._lines: list[bytes] = []
        self._file: IO[bytes] | None = None

    def add(self, line: bytes) -> None:
        """Keep a line."""
        self._lines.append(line)

    def flush(self) -> None:
        """Write what was kept. What does not fit on the disk is lost: callers are answered all the same."""
        lines, self._lines = self._lines, []
        if not lines or self.path is None:
            return
        with contextlib.suppress(OSError):
            file = self._file = self._file or self.path.open("ab", buffering=0)
            file.write(b"".join(lines))
            if file.tell() > self.LARGEST:
                self.close()
                self.path.replace(self.path.with_suffix(".old" + self.path.suffix))

    def close(self) -> None:
        """Close the file; the next line opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None
