"""Tables as Parquet, read page by page through pyarrow, which is imported when the first such file is looked at."""

from __future__ import annotations

from typing import Any, BinaryIO

from lazuli.assets.preview.table import MOST_COLUMNS, Table
from lazuli.schema.problems import InvalidInput, Problem, Unsupported

__all__ = ["read_parquet"]

_MOST_TOLD = 64 << 20
"""Bytes of a footer's texts, and entries of its lists: more is no honest file."""


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
        batches = file.iter_batches(batch_size=rows, columns=names, use_threads=False)
        batch = next(batches, None) if rows and names else None
        columns = [_values(column) for column in batch.columns] if batch is not None else [[] for _ in names]
    except Problem:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, TypeError, OverflowError) as error:
        reason = (str(error).strip().splitlines() or ["it cannot be read"])[0][:200]
        raise InvalidInput(f"This is no Parquet file that can be read: {reason}", target="path") from None
    table = Table("parquet", list(names), [list(row) for row in zip(*columns, strict=True)])
    table.types = [str(schema.field(number).type)[:200] for number in range(len(names))]
    table.total_columns, table.total_rows = len(schema.names), file.metadata.num_rows
    table.is_whole = len(table.rows) >= file.metadata.num_rows
    return table


def _values(column: Any) -> list[Any]:
    """The cells of a column; times whose fractions Python cannot hold are told as texts."""
    try:
        return column.to_pylist()
    except (ValueError, OverflowError):
        return [str(cell) for cell in column]
