"""The names of blobs: rows that point to contents, and the walk through them in byte order."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from lazuli.schema.problems import InvalidInput
from lazuli.store.paths import clean
from lazuli.store.tables import blob as blob_table

__all__ = ["Blob", "BlobPage", "at", "blob_of", "checked", "row_of", "starting_with", "walk"]

_LONGEST = 1024


@dataclass(frozen=True)
class Blob:
    """A name in a container and what it stands for. Times are milliseconds since 1970, UTC."""

    container: str
    name: str
    sha256: str
    size: int
    md5: str
    """Base64, as Content-MD5 is; empty where it was never computed."""
    content_type: str
    metadata: Mapping[str, str]
    etag: str
    """Without quotes. It changes with every write, also one of the same content."""
    created_at: int
    modified_at: int


@dataclass(frozen=True)
class BlobPage:
    """One page of a listing, in byte order of the names."""

    blobs: Sequence[Blob]
    prefixes: Sequence[str]
    """The 'folders': what names have in common up to the delimiter. Empty where none was given."""
    next_marker: str
    """What to pass as ``after`` for the next page; empty on the last one."""


def checked(name: str) -> str:
    """``name`` as a blob may be called. Raises :class:`InvalidInput` otherwise."""
    if len(name) > _LONGEST:
        raise InvalidInput(
            f"'{name[:80]}…' is longer than {_LONGEST} characters.", target="name", code="InvalidResourceName"
        )
    try:
        name.encode()
    except UnicodeEncodeError:
        shown = name.encode(errors="replace").decode()
        raise InvalidInput(f"'{shown}' is not valid UTF-8.", target="name", mend="Rename the file.") from None
    return clean(name, target="name")


def at(container: str, name: str) -> tuple[Any, Any]:
    """The conditions that mean one name."""
    return blob_table.c.container == container, blob_table.c.name == name


def row_of(blob: Blob) -> dict[str, Any]:
    """The row of a blob."""
    return asdict(blob) | {"metadata": json.dumps(dict(blob.metadata))}


def blob_of(row: Row[Any]) -> Blob:
    """The blob that a row says."""
    values = dict(row._mapping)
    return Blob(**values | {"metadata": json.loads(values["metadata"])})


def starting_with(column: ColumnElement[str], prefix: str) -> Iterator[ColumnElement[bool]]:
    """The conditions that mean it literally, and that an index answers."""
    yield column >= prefix
    if (end := _successor(prefix)) is not None:
        yield column < end


def walk(
    tx: Connection, container: str, prefix: str, delimiter: str, after: str, batch: int
) -> Iterator[tuple[str, Row[Any] | None]]:
    """Each name with its row, or each common prefix with None, reading ``batch`` rows at a time.

    The rows of a common prefix are jumped over, so that a folder costs one query however much is in it.
    """
    bounds = [blob_table.c.container == container, *starting_with(blob_table.c.name, prefix)]
    group = after if _is_group(after, prefix, delimiter) else ""
    while True:
        beyond = blob_table.c.name > after
        if group:
            if (next_name := _successor(group)) is None:
                return
            beyond = blob_table.c.name >= next_name
        query = select(blob_table).where(*bounds, beyond).order_by(blob_table.c.name).limit(batch)
        rows = tx.execute(query).all()
        group = ""
        for row in rows:
            if group and row.name.startswith(group):
                continue
            cut = row.name.find(delimiter, len(prefix)) if delimiter else -1
            group = row.name[: cut + len(delimiter)] if cut >= 0 else ""
            yield (group, None) if group else (row.name, row)
        if len(rows) < batch:
            return
        after = rows[-1].name


def _successor(prefix: str) -> str | None:
    """The first text, in byte order, behind everything that starts with ``prefix``; None where nothing is."""
    while prefix:
        last = ord(prefix[-1])
        if last < 0x10FFFF:
            # Surrogates are no characters, so what follows U+D7FF is U+E000.
            return prefix[:-1] + chr(0xE000 if last == 0xD7FF else last + 1)
        prefix = prefix[:-1]
    return None


def _is_group(after: str, prefix: str, delimiter: str) -> bool:
    """Whether a marker is a common prefix: a blob that was listed by name has no delimiter behind the prefix."""
    return bool(delimiter) and len(after) > len(prefix) and after.endswith(delimiter)
