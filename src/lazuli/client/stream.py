"""Following a job: its status, its log and its metrics as they come, through dropped connections."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from lazuli.client.client import Client
from lazuli.schema.problems import Unavailable

__all__ = ["Event", "follow", "parse"]

PATIENCE_S = 60.0
_QUIET_S = 1.0
"""How long the server may be away before that is told: a hiccup is not worth a word."""
_LONGEST_PAUSE_S = 2.0


@dataclass(frozen=True)
class Event:
    """One thing that happened.

    =========  ===================================================================================
    ``status``  ``{"status", "reason"}``: the job moved, or waits for another reason
    ``build``   ``{"text"}``: a piece of what the build of its environment says, while it waits for it
    ``log``     ``{"file", "offset", "text"}``: a piece of its log
    ``metric``  ``{"key", "value", "step", "timestamp"}``: a point it logged
    ``done``    ``{"status", "error"}``: it has ended; the last event
    ``away``    ``{}``: said here, not by the server: it no longer answers, and is waited for
    ``back``    ``{}``: it answers again
    =========  ===================================================================================
    """

    kind: str
    data: dict[str, Any] = field(default_factory=dict)
    id: str = ""
    """Where to go on after this event: an offset in the log."""


def follow(
    client: Client,
    job: str,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Event]:
    """The events of a job from its beginning to its end, which is the event ``done``.

    A dropped connection is taken up where it broke; raises :class:`Unavailable` only when the server stays away for a
    minute, and whatever the server says at once where there is no such job.
    """
    path = f"{client.scope.path}/jobs/{quote(job, safe='')}/events"
    last, pause = "", 0.1
    lost: float | None = None  # since when nothing is heard
    away = False
    while True:
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last} if last else {})}
        try:
            with client.http.stream(f"{path}?after={quote(last or '0')}", headers=headers) as response:
                for event in parse(response.iter_lines()):
                    if away:
                        yield Event("back")
                    lost, away, pause = None, False, 0.1
                    last = event.id or last
                    yield event
                    if event.kind == "done":
                        return
        except Unavailable:
            if lost is not None and clock() - lost > PATIENCE_S:
                raise
        lost = clock() if lost is None else lost
        if not away and clock() - lost >= _QUIET_S:
            away = True
            yield Event("away")
        sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_S)


def parse(lines: Iterable[str]) -> Iterator[Event]:
    """The events in the lines of a Server-Sent Events stream; one cut short in the middle is left out."""
    kind, last, data = "message", "", []
    for line in lines:
        if not line:
            if data:
                yield Event(kind, json.loads("\n".join(data)), last)
            kind, data = "message", []
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            kind = value
        elif name == "data":
            data.append(value)
        elif name == "id":
            last = value
