"""The patterns of a ``.gitignore``, as far as a folder of code needs them: the last that fits decides."""

from __future__ import annotations

import re
from typing import Iterable


class Ignored:
    """Which paths a list of patterns leaves out."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._patterns = [pattern for pattern in map(_pattern, lines) if pattern]

    def names(self, relative: str, is_folder: bool) -> bool:
        """Whether a path (with forward slashes, below the root) is left out."""
        found = False
        for regex, is_kept, is_for_folders in self._patterns:
            if (is_folder or not is_for_folders) and regex.fullmatch(relative):
                found = not is_kept
        return found


def _pattern(line: str) -> tuple[re.Pattern[str], bool, bool] | None:
    line = re.sub(r"(?<!\\) +$", "", line.rstrip("\r\n"))
    if not line or line.startswith("#"):
        return None
    is_kept, line = line.startswith("!"), line[1:] if line.startswith("!") else line
    is_for_folders, line = line.endswith("/"), line.rstrip("/")
    is_anchored = "/" in line
    body = _translated(line.lstrip("/"))
    return re.compile(body if is_anchored else f"(?:.*/)?{body}"), is_kept, is_for_folders


def _translated(glob: str) -> str:
    said, at = "", 0
    while at < len(glob):
        rest = glob[at:]
        if rest.startswith("**/"):
            said, at = said + "(?:.*/)?", at + 3
        elif rest.startswith("**"):
            said, at = said + ".*", at + 2
        elif rest[0] == "*":
            said, at = said + "[^/]*", at + 1
        elif rest[0] == "?":
            said, at = said + "[^/]", at + 1
        elif rest[0] == "[" and "]" in rest[2:]:
            end = rest.index("]", 2)
            inner = rest[1:end].replace("\\", "\\\\")
            said, at = said + f"[{'^' + inner[1:] if inner[0] in '!^' else inner}]", at + end + 1
        elif rest[0] == "\\" and len(rest) > 1:
            said, at = said + re.escape(rest[1]), at + 2
        else:
            said, at = said + re.escape(rest[0]), at + 1
    return said


def glob(pattern: str) -> re.Pattern[str]:
    """What the whole of a path must look like to fit a pattern with ``*``, ``**``, ``?`` and ``[…]``."""
    return re.compile(_translated(pattern))
