"""MLTable: the file that makes a folder a table, checked as far as it says where its data lies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import yaml

from lazuli.schema.problems import InvalidInput
from lazuli.schema.yaml import plain
from lazuli.store.paths import clean

__all__ = ["FILE", "LARGEST", "check_table"]

FILE = "MLTable"
"""The name of the file, in the folder that it describes."""
LARGEST = 1 << 20
_KINDS = ("file", "folder", "pattern")


def check_table(content: bytes | None, is_there: Callable[[str], bool]) -> None:
    """Raise :class:`InvalidInput` where ``content`` is no MLTable. ``is_there`` is asked for its relative paths."""
    if content is None:
        raise _wrong(f"There is no file '{FILE}' in the folder.", "Add one that lists 'paths', or use 'uri_folder'.")
    try:
        said = plain(content)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        place = getattr(error, "problem_mark", None)
        line = f" (line {place.line + 1})" if place else ""
        raise _wrong(f"The file '{FILE}' is not YAML{line}.", "Correct it.") from None
    paths = said.get("paths") if isinstance(said, dict) else None
    if not isinstance(paths, list) or not paths:
        raise _wrong(f"The file '{FILE}' lists no 'paths'.", "Add for example 'paths: [{file: ./data.csv}]'.")
    for number, entry in enumerate(paths, 1):
        _check_entry(entry, number, is_there)


def _check_entry(entry: Any, number: int, is_there: Callable[[str], bool]) -> None:
    kinds = [kind for kind in _KINDS if isinstance(entry, dict) and isinstance(entry.get(kind), str)]
    if len(kinds) != 1:
        raise _wrong(
            f"Path {number} of '{FILE}' is none of 'file', 'folder' and 'pattern'.", "Write '- file: ./data.csv'."
        )
    path = entry[kinds[0]]
    if urlsplit(path).scheme:
        return
    relative = clean(path, target=f"paths.{number}.{kinds[0]}") if path.strip("./") else ""
    if kinds[0] != "pattern" and not is_there(relative):
        raise _wrong(
            f"Path {number} of '{FILE}', '{path[:200]}', is not in the folder.", "Correct it, or add the file."
        )


def _wrong(message: str, mend: str) -> InvalidInput:
    return InvalidInput(message, target="path", mend=mend, code="InvalidMLTable")
