"""Tables as text: CSV and its kin, whose delimiter, encoding and header are found out."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from lazuli.assets.preview.kinds import kind_of_text
from lazuli.assets.preview.table import MOST_COLUMNS, Table

__all__ = ["Spelling", "decoded", "read_delimited"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = (",", "\t", ";", "|")
_SAMPLE_ROWS, _SAMPLE = 50, 256 << 10
csv.field_size_limit(1 << 30)  # a cell is as large as what is read of its file, which is bounded


@dataclass(frozen=True)
class Spelling:
    """How a table is written, as far as that is known."""

    delimiter: str = ""
    encoding: str = ""
    has_header: bool | None = None


def decoded(data: bytes, encoding: str = "") -> tuple[str, str]:
    """Text that may be cut anywhere, and its encoding: what a mark says, else UTF-8, else Latin-1."""
    found = encoding or next((name for mark, name in _MARKS if data.startswith(mark)), "")
    if found:
        try:
            return codecs.getincrementaldecoder(found)("replace").decode(data), found
        except LookupError:
            pass
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data), "utf-8"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1"


def read_delimited(source: BinaryIO, size: int | None, rows: int, budget: int, spelling: Spelling) -> Table:
    """The first ``rows`` rows, of ``budget`` bytes at most. ``size`` is that of the whole, where it is known."""
    data = source.read(budget + 1)
    all_read = len(data) <= budget
    text, encoding = decoded(data[:budget], spelling.encoding)
    if not all_read:
        text = text[: _last_end(text)]
    delimiter = spelling.delimiter or _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    found = list(islice((row for row in reader if row), rows + 2))  # without empty lines
    if not all_read and len(found) > 1 and len(found) < rows + 2:
        found.pop()  # it may have been cut inside a quoted cell
    has_header = _is_header(found) if spelling.has_header is None else spelling.has_header and bool(found)
    table = _table(found, rows, has_header)
    table.is_whole = all_read and len(found) - has_header <= rows
    table.facts = {"encoding": encoding, "delimiter": delimiter, "hasHeader": has_header}
    if table.is_whole:
        table.total_rows = len(table.rows)
    elif size is not None and found:
        guess = _guessed(text, len(found) / max(1, reader.line_num), len(data), size)
        table.total_rows, table.is_estimate = max(len(table.rows), guess - has_header), True
    return table


def _table(found: list[list[str]], rows: int, has_header: bool) -> Table:
    body = found[has_header:][:rows]
    widths = Counter(map(len, found[:1] + body))
    width = max(widths, default=0)
    head = found[0] if has_header else []
    kept = min(width, MOST_COLUMNS)
    names = [(head[n].strip() if n < len(head) else "") or f"column {n + 1}" for n in range(kept)]
    cells = [[cell or None for cell in row[:kept]] + [None] * (kept - len(row)) for row in body]
    table = Table("delimited", names, cells, total_columns=width)
    if len(widths) > 1:
        usual = len(head) or widths.most_common(1)[0][0]
        ragged = sum(len(row) != usual for row in body)
        table.notes.append(f"{ragged} of {len(body)} rows do not have {usual} cells.")
    return table


def _guessed(text: str, rows_a_line: float, read: int, size: int) -> int:
    """About how many rows the whole has: as many as it has lines, where a row may take several."""
    return round(size / read * max(1, text.count("\n")) * rows_a_line)


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """The rows, without empty lines."""
    return (row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row)


def _last_end(text: str) -> int:
    """Where the last whole line ends; all of it where no line does."""
    return (max(text.rfind("\n"), text.rfind("\r")) + 1) or len(text)


def _delimiter(text: str) -> str:
    """What stands between cells: what most rows have equally often."""
    sample = text[:_SAMPLE]
    best, chosen = (0.0, 0), ","
    for delimiter in _DELIMITERS:
        widths = Counter(map(len, islice(_rows(sample, delimiter), _SAMPLE_ROWS)))
        widths.pop(1, None) if len(widths) == 1 else None
        if not widths:
            continue
        width, number = widths.most_common(1)[0]
        score = (number / sum(widths.values()) if width > 1 else 0.0, width)
        if score > best:
            best, chosen = score, delimiter
    return chosen


def _is_header(found: list[list[str]]) -> bool:
    """Whether the first row names the columns: its cells are different words, and no numbers or dates."""
    if not found:
        return False
    head = [cell.strip() for cell in found[0]]
    named = [cell for cell in head if cell]
    if not named or len(set(named)) < len(named) or len(head) - len(named) > 1:
        return False
    return all(kind_of_text([cell]) in ("text", "empty") for cell in named)
