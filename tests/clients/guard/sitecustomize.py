"""A guard that every Python below it starts with: it writes down, and refuses, whatever would leave this machine."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any


class LeavesTheMachine(Exception):
    """Deliberately no OSError: nobody takes it for a network that is down, and tries again."""


def _asked(event: str, told: tuple[Any, ...]) -> Any:
    """The host that is looked up or spoken to; None where it is none, as with a socket in the file system."""
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        return told[0]
    if event in ("socket.connect", "socket.sendto"):
        return told[1][0] if isinstance(told[1], tuple) else None
    return None


def _guard(event: str, told: tuple[Any, ...]) -> None:
    if not event.startswith("socket."):
        return
    host = _asked(event, told)
    if host is None:
        return
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name in ("", "localhost", "::1", "0.0.0.0", "::") or name.startswith("127."):
        return
    with Path(os.environ["GUARD_LOG"]).open("a", encoding="utf-8") as log:
        log.write(json.dumps({"event": event, "host": name, "program": getattr(sys, "argv", [])[:1]}) + "\n")
    raise LeavesTheMachine(name)


if os.environ.get("GUARD_LOG"):
    sys.addaudithook(_guard)
