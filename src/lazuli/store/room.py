"""Room on the disk: whether an error says that there is none."""

from __future__ import annotations

import errno

from lazuli.schema.problems import Unavailable

__all__ = ["is_full", "no_room"]

_FULL = (errno.ENOSPC, errno.EDQUOT)
_WORDS = ("database or disk is full", "No space left on device")
"""As SQLite and PostgreSQL say it."""


def is_full(error: BaseException | None) -> bool:
    """Whether an error, or one that it came from, says that the disk is full."""
    while error is not None:
        if getattr(error, "errno", None) in _FULL or any(words in str(error) for words in _WORDS):
            return True
        error = error.__cause__ or error.__context__
    return False


def no_room() -> Unavailable:
    """What a user is told then."""
    return Unavailable(
        "The server's disk is full; nothing was changed.",
        mend="Make room where it keeps its data, and try again. Jobs that wait for room go on by themselves.",
        code="DiskFull",
    )
