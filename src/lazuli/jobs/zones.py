"""Time zones by name: IANA's (``Europe/Paris``) and those of Windows (``Pacific Standard Time``), which Azure takes."""

from __future__ import annotations

from datetime import datetime, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from tzlocal.windows_tz import win_tz

from lazuli.schema.problems import InvalidInput, did_you_mean

__all__ = ["instant", "local", "zone"]

_WITHDRAWN = {"Kamchatka Standard Time": "Asia/Kamchatka", "Mid-Atlantic Standard Time": "Etc/GMT+2"}
"""Names that Windows gave up and Azure still takes."""
_WINDOWS = {name.lower(): iana for name, iana in {**win_tz, **_WITHDRAWN}.items()}


@cache
def zone(name: str) -> tzinfo:
    """The time zone of that name. Raises :class:`InvalidInput` with the nearest one where there is none."""
    try:
        return ZoneInfo(_WINDOWS.get(name.lower(), name))
    except (ZoneInfoNotFoundError, ValueError, OSError):  # also what is a folder of zones, or no name at all
        known = [*available_timezones(), *win_tz]
        near = did_you_mean(name, known) if len(name) < 100 else ""
        raise InvalidInput(
            f"'{name[:80]}' is not a time zone.",
            target="trigger.time_zone",
            mend=near if near.startswith("Did") else "Write one of IANA's, such as Europe/Paris, or one of Windows'.",
        ) from None


def local(moment: int, zone: tzinfo) -> datetime:
    """What clocks there show at a moment, in milliseconds since 1970."""
    return datetime.fromtimestamp(moment / 1000, zone)


def instant(shown: datetime, zone: tzinfo) -> int:
    """The moment at which clocks there show this; ``shown`` may name a zone of its own.

    What they show twice, when they are set back, is the first of the two. What they never show, when they are set
    forward, is as long after the leap as it seems to be after the moment of the leap.
    """
    return round((shown if shown.tzinfo else shown.replace(tzinfo=zone)).timestamp() * 1000)
