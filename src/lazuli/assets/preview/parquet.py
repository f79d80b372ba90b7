"""Tables as Parquet, read page by page through pyarrow, which is imported when the first such file is looked at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, BinaryIO

from lazuli.assets.preview.table import MOST_COLUMNS, Table
from lazuli.schema.problems import InvalidInput, Problem, Unsupported

__all__ = ["read_parquet"]

_MOST_TOLD = 64 << 20
"""Bytes of a footer's texts, and entries of its lists: more is no honest file."""
_MOST_READ, _MOST_CELLS = 64 << 20, 1_000_000
"""Bytes and cells that are taken out of a file: a few hundred bytes may say the same long text a million times."""
_FEW, _MANY = 16, 1024
"""Rows that are read at once where cells may be of any length, and where they are not."""


def read_parquet(source: BinaryIO, rows: int) -> Table:
    """The first ``rows`` rows. Raises :class:`InvalidInput` for what is no Parquet file."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError:
        raise Unsupported(
            "Parquet files are looked into with the package 'pyarrow', which the server lacks.",
            mend="Install it where the server runs: pip install 'lazuli-ml[parquet]'.",
        ) from None
    try:
        file = parquet.ParquetFile(
            source,
            pre_buffer=False,
            buffer_size=1 << 20,
            thrift_string_size_limit=_MOST_TOLD,
            thrift_container_size_limit=_MOST_TOLD,
        )
        schema = file.schema_arrow
        names = schema.names[:MOST_COLUMNS]
        is_plain = all(pyarrow.types.is_primitive(schema.field(number).type) for number in range(len(names)))
        size = max(1, min(rows, _MANY if is_plain else _FEW))
        batches = file.iter_batches(batch_size=size, columns=names, use_threads=False)
        cells = _first(batches, min(rows, _MOST_CELLS // max(1, len(names)))) if names else []
    except Problem:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, TypeError, OverflowError) as error:
        reason = (str(error).strip().splitlines() or ["it cannot be read"])[0][:200]
        raise InvalidInput(f"This is no Parquet file that can be read: {reason}", target="path") from None
    table = Table("parquet", list(names), cells)
    table.types = [str(schema.field(number).type)[:200] for number in range(len(names))]
    table.total_columns, table.total_rows = len(schema.names), file.metadata.num_rows
    table.is_whole = len(table.rows) >= file.metadata.num_rows
    return table


def _first(batches: Iterable[Any], rows: int) -> list[list[Any]]:
    """The first rows, as many as may be taken."""
    cells: list[list[Any]] = []
    read = 0
    for batch in batches:
        if len(cells) >= rows or read >= _MOST_READ:
            break
        columns = [_written_out(column) for column in batch.columns]
        read += sum(column.nbytes for column in columns)
        cells += map(list, zip(*map(_values, columns), strict=True))
    return cells[:rows]


def _written_out(column: Any) -> Any:
    """A column whose size is that of its cells, also where each only names an entry of a dictionary."""
    return column.dictionary_decode() if hasattr(column, "dictionary_decode") else column


def _values(column: Any) -> list[Any]:
    """The cells of a column; times whose fractions Python cannot hold are told as texts."""
    try:
        return column.to_pylist()
    except (ValueError, OverflowError):
        return [str(cell) for cell in column]
