"""Searches the lines of a file for an expression: a program, which whoever started it may end at any time."""

from __future__ import annotations

import json
import re
import sys
import time
from typing import Any


def search(path: str, start: int, limit: int, expression: str, longest_s: float, longest_line: int) -> dict[str, Any]:
    """The matches from an offset on, at most so many, whether there may be more, and where that would be."""
    pattern, until = re.compile(expression.encode(), re.IGNORECASE), time.monotonic() + longest_s
    matches: list[tuple[int, int, int, str]] = []
    with open(path, "rb") as file:  # noqa: PTH123  (pathlib would double the time to start)
        file.seek(start)
        at, number = start, 1
        for line in iter(lambda: file.readline(1 << 20), b""):
            if found := pattern.search(line.rstrip(b"\r\n")):
                place = found.start()
                begin = max(0, place - longest_line // 2) if len(line) > longest_line else 0
                shown = line[begin : begin + longest_line].decode(errors="replace").rstrip("\r\n")
                matches.append((at + place, number, at, shown))
            at += len(line)
            number += line.endswith(b"\n")
            if len(matches) == limit or time.monotonic() > until:
                return {"matches": matches, "more": True, "next": at}
    return {"matches": matches, "more": False, "next": at}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(search(*json.loads(sys.argv[1]))))
