"""The clock is a value: what needs the time is handed one, so that a test can hand it another."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["Clock", "monotonic_clock", "system_clock"]

Clock = Callable[[], int]
"""A function that gives the time in milliseconds since 1970, UTC."""


def system_clock() -> int:
    """The machine's clock."""
    return time.time_ns() // 1_000_000


def monotonic_clock() -> int:
    """A clock for what is due in so and so long: nobody can set it, and where it began means nothing."""
    return time.monotonic_ns() // 1_000_000
