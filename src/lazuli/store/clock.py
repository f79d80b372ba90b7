"""The clock is a value: what needs the time is handed one, so that a test can hand it another."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["Clock", "system_clock"]

Clock = Callable[[], int]
"""A function that gives the time in milliseconds since 1970, UTC."""


def system_clock() -> int:
    """The machine's clock."""
    return time.time_ns() // 1_000_000
