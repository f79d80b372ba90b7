"""MLTables: which files make the table, how they are written, and what is done to their columns and rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from lazuli.assets.preview.delimited import Spelling
from lazuli.assets.preview.table import Table
from lazuli.schema.problems import InvalidInput
from lazuli.schema.yaml import plain

__all__ = ["Recipe", "read_recipe"]

_READERS = ("read_delimited", "read_parquet", "read_json_lines")
_WORDS = {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|", "space": " ", "\\t": "\t"}
_ENCODINGS = {"utf8": "utf-8", "iso88591": "latin-1", "latin1": "latin-1", "ascii": "ascii", "utf16": "utf-16"}


@dataclass
class Recipe:
    """What an MLTable file says."""

    paths: list[tuple[str, str]]
    """Each ``file``, ``folder`` or ``pattern``, with what it names."""
    reader: str = ""
    spelling: Spelling = field(default_factory=Spelling)
    steps: list[tuple[str, Any]] = field(default_factory=list)
    """What follows the reading, in its order."""

    def applied(self, table: Table) -> Table:
        """The table after those steps that are known; the others are told in its notes."""
        for word, said in self.steps:
            step = _STEPS.get(word)
            if step is None or not step(table, said):
                table.notes.append(f"The transformation '{word[:80]}' is left out here.")
        return table


def read_recipe(content: bytes) -> Recipe:
    """What an MLTable file says. Raises :class:`InvalidInput` for what is none."""
    try:
        said = plain(content, aliases=False)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        raise InvalidInput(
            "The file 'MLTable' is not YAML without aliases.", target="path", code="InvalidMLTable"
        ) from None
    said = said if isinstance(said, dict) else {}
    paths = [(kind, str(path)) for each in _list(said.get("paths")) for kind, path in _pairs(each)]
    if not paths:
        raise InvalidInput("The file 'MLTable' lists no 'paths'.", target="path", code="InvalidMLTable")
    recipe = Recipe(paths)
    for entry in _list(said.get("transformations")):
        for word, how in _pairs(entry) if isinstance(entry, Mapping) else [(str(entry), None)]:
            if word in _READERS:
                recipe.reader = word
                recipe.spelling = _spelling(how) if isinstance(how, Mapping) else Spelling()
            else:
                recipe.steps.append((word, how))
    return recipe


def _spelling(how: Mapping[str, Any]) -> Spelling:
    delimiter = str(how.get("delimiter", ""))
    encoding = str(how.get("encoding", "")).lower().replace("-", "").replace("_", "")
    header = how.get("header")
    has_header = None if header is None else str(header).lower() not in ("no_header", "false")
    delimiter = _WORDS.get(delimiter, delimiter)
    return Spelling(delimiter if len(delimiter) == 1 else "", _ENCODINGS.get(encoding, ""), has_header)


def _list(said: Any) -> list[Any]:
    return said if isinstance(said, list) else []


def _pairs(said: Any) -> list[tuple[str, Any]]:
    return [(str(word), value) for word, value in said.items()] if isinstance(said, Mapping) else []


def _names(said: Any) -> list[str]:
    if isinstance(said, Mapping):
        said = said.get("columns")
    return [said] if isinstance(said, str) else [str(each) for each in _list(said)]


def _keep(table: Table, said: Any) -> bool:
    names = _names(said)
    return bool(names) and _select(table, [table.names.index(name) for name in names if name in table.names])


def _drop(table: Table, said: Any) -> bool:
    names = set(_names(said))
    return bool(names) and _select(table, [n for n, name in enumerate(table.names) if name not in names])


def _select(table: Table, numbers: list[int]) -> bool:
    table.names = [table.names[n] for n in numbers]
    table.types = [table.types[n] for n in numbers] if table.types else ()
    table.rows = [[row[n] for n in numbers] for row in table.rows]
    table.total_columns = len(numbers)
    return True


def _rows_of(said: Any) -> int | None:
    said = said.get("count") if isinstance(said, Mapping) else said
    return said if isinstance(said, int) and not isinstance(said, bool) and said >= 0 else None


def _take(table: Table, said: Any) -> bool:
    number = _rows_of(said)
    if number is None:
        return False
    if number <= len(table.rows):
        table.rows, table.is_whole, table.is_estimate, table.total_rows = table.rows[:number], True, False, number
    elif table.total_rows is not None:
        table.total_rows = min(table.total_rows, number)
    return True


def _skip(table: Table, said: Any) -> bool:
    number = _rows_of(said)
    if number is None:
        return False
    table.rows = table.rows[number:]
    if table.total_rows is not None:
        table.total_rows = max(0, table.total_rows - number)
    return True


def _leave(_table: Table, _said: Any) -> bool:
    """What changes no cell that is shown: types are told as they are found."""
    return True


_STEPS = {"keep_columns": _keep, "drop_columns": _drop, "take": _take, "skip": _skip, "convert_column_types": _leave}
