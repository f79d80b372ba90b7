"""Looks into what lies at a place: a table's first rows, a text's beginning, what is in a folder."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable
from dataclasses import asdict
from fnmatch import fnmatch
from typing import Any, BinaryIO

from lazuli.assets.mltable import FILE, LARGEST
from lazuli.assets.preview.delimited import Spelling, decoded, read_delimited
from lazuli.assets.preview.kinds import kind_of
from lazuli.assets.preview.mltable import Recipe, read_recipe
from lazuli.assets.preview.parquet import read_parquet
from lazuli.assets.preview.profile import profile
from lazuli.assets.preview.records import read_array, read_lines
from lazuli.assets.preview.table import Table, shown
from lazuli.assets.storage import Location
from lazuli.assets.stored import FileFacts, StoredFiles
from lazuli.schema.problems import InvalidInput, NotFound
from lazuli.store.paths import clean

__all__ = ["MOST_ROWS", "Looks"]

MOST_ROWS = 1000
_PREVIEW, _PROFILE = 4 << 20, 16 << 20
"""Bytes that are read of a file at most."""
_PROFILE_ROWS, _PROFILE_CELLS = 50_000, 1_000_000
_WINDOW = 64 << 10
"""Bytes of a text that are shown at once."""
_DELIMITED = (".csv", ".tsv", ".tab", ".psv")
_PARQUET = (".parquet", ".parq", ".pq")
_LINES = (".jsonl", ".ndjson")
_IMAGES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
    ".svg": "image/svg+xml",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
}
_MAGIC = ((b"\x89PNG\r\n", ".png"), (b"\xff\xd8\xff", ".jpg"), (b"GIF8", ".gif"), (b"BM", ".bmp"))
_MOST_FILES = 1000


class Looks:
    """Looks into the files of datastores. ``root`` is the place that was asked for, ``path`` leads on from there."""

    def __init__(self, files: StoredFiles) -> None:
        self._files = files

    def preview(
        self, root: Location, path: str = "", *, rows: int = 100, offset: int = 0, marker: str = "", table: bool = False
    ) -> dict[str, Any]:
        """What lies there: of a table the first rows, of a text a window, of a folder what is in it.

        ``table`` says that a folder is an MLTable. Raises :class:`NotFound` where nothing lies there, and
        :class:`InvalidInput` for a file that is damaged.
        """
        place, file = self._found(root, path)
        rows = max(1, min(rows, MOST_ROWS))
        told = _nothing_told() | {"path": path}
        if file is None:
            if table:
                return told | {"kind": "table", **_of_table(self._mltable(place, rows, _PREVIEW))}
            level = self._files.level(place, marker)
            files = [asdict(each) for each in level.files]
            return told | {"kind": "folder", "folders": level.folders, "files": _spelt(files), "next": level.next}
        told |= {"name": file.name, "size": file.size, "modifiedAt": file.modified_at}
        found = self._table(place, file, rows, _PREVIEW) if file.size and not offset else None
        if found is not None:
            return told | {"kind": "table", **_of_table(found)}
        return told | self._plain(place, file, offset)

    def profile(self, root: Location, path: str = "", *, table: bool = False) -> dict[str, Any]:
        """What the columns of a table are like, from as many rows as may be read of it.

        Raises :class:`InvalidInput` for what is no table, besides what :meth:`preview` raises.
        """
        place, file = self._found(root, path)
        found = None
        if file is None:
            found = self._mltable(place, _PROFILE_ROWS, _PROFILE) if table else None
        elif file.size:
            found = self._table(place, file, _PROFILE_ROWS, _PROFILE)
        if found is None:
            raise InvalidInput("There is no table to profile.", target="path", mend="Name a file that holds one.")
        width = max(1, len(found.names))
        if len(found.rows) * width > _PROFILE_CELLS:
            found.rows, found.is_whole = found.rows[: max(1, _PROFILE_CELLS // width)], False
        return {
            "path": path,
            "rowsRead": len(found.rows),
            "totalRows": found.total_rows,
            "isEstimate": found.is_estimate,
            "isWhole": found.is_whole,
            "totalColumns": found.total_columns,
            "columns": profile(found),
            "notes": found.notes,
        }

    def _found(self, root: Location, path: str) -> tuple[Location, FileFacts | None]:
        place = root / clean(path) if path.strip("/") else root
        file = self._files.stat(place)
        if file is None and place.path and not self._files.is_folder(place):
            raise NotFound(f"Nothing lies at '{place.path[:200]}'.", target="path", mend="Correct the path.")
        return place, file

    # --- tables ------------------------------------------------------------------------------------------------

    def _table(self, place: Location, file: FileFacts, rows: int, budget: int) -> Table | None:
        """The table in a file; None where it holds none."""
        if file.name == FILE:
            folder = Location(place.container, place.path.rpartition("/")[0], place.datastore, place.mirror)
            return self._mltable(folder, rows, budget)
        with self._files.opened(place) as source:
            return _guarded(lambda: _read(source, file, rows, budget))

    def _mltable(self, folder: Location, rows: int, budget: int) -> Table:
        """The table that an MLTable file makes of a folder: of several files the first."""
        with self._files.opened(folder / FILE) as source:
            recipe = read_recipe(source.read(LARGEST))
        place, file, others = self._first(folder, recipe)
        skipped = sum(said for word, said in recipe.steps if word == "skip" and isinstance(said, int) and said > 0)
        with self._files.opened(place) as source:
            table = _guarded(lambda: _read(source, file, min(rows + skipped, _PROFILE_ROWS), budget, recipe))
        if table is None:
            raise InvalidInput(f"'{file.name}' holds no table that is known here.", target="path")
        if others:
            table.notes.append(f"Shown is '{file.name}', the first of several files.")
            table.total_rows, table.is_estimate, table.is_whole = None, False, False
        table = recipe.applied(table)
        table.rows = table.rows[:rows]
        table.facts["source"] = file.name
        return table

    def _first(self, folder: Location, recipe: Recipe) -> tuple[Location, FileFacts, bool]:
        """The first file of an MLTable, and whether it has more."""
        for kind, said in recipe.paths:
            start = _beside(folder, said)
            if start is None:
                continue
            top, relative = start
            if kind == "file":
                place = top / clean(relative)
                if file := self._files.stat(place):
                    return place, file, len(recipe.paths) > 1
                continue
            within, _, pattern = relative.rpartition("/") if kind == "pattern" else (relative, "", "*")
            if any(sign in within for sign in "*?["):
                continue
            inside = top / clean(within) if within not in ("", ".") else top
            files = [each for each in self._files.level(inside).files if fnmatch(each.name, pattern)]
            if files := [each for each in files if each.name != FILE]:
                return inside / files[0].name, files[0], len(files) > 1 or len(recipe.paths) > 1
        raise InvalidInput(
            "None of the paths of the MLTable leads to a file that can be shown.",
            target="path",
            mend="Shown are files and folders beside it or on the same datastore; others are read by jobs.",
        )

    def _plain(self, place: Location, file: FileFacts, offset: int) -> dict[str, Any]:
        """What a file without a table is: an image, a text, or neither."""
        with self._files.opened(place) as source:
            head = source.read(_WINDOW)
            suffix = _suffix(file.name)
            image = _IMAGES.get(suffix) or next((_IMAGES[kind] for sign, kind in _MAGIC if head.startswith(sign)), "")
            if image:
                return {"kind": "image", "contentType": image}
            if b"\0" in head and decoded(head)[1] in ("utf-8", "latin-1"):
                return {"kind": "binary", "contentType": "application/octet-stream"}
            encoding = decoded(head)[1]
            if offset:
                source.seek(offset)
                head = source.read(_WINDOW)
        text = decoded(head, "" if encoding == "utf-8" else encoding)[0] if head else ""
        upto = offset + len(head)
        facts = {"text": text, "offset": offset, "encoding": encoding, "contentType": "text/plain"}
        return {"kind": "text", **facts, "nextOffset": upto if upto < file.size else None}


def _beside(folder: Location, said: str) -> tuple[Location, str] | None:
    """Where a path of an MLTable leads: on from its folder, or on from the top of the same datastore."""
    on_top = f"azureml://datastores/{folder.store}/paths/"
    if folder.store and said.startswith(on_top):
        return Location(folder.container, "", folder.datastore, folder.mirror), said[len(on_top) :].strip("/")
    return None if "://" in said or said.startswith("/") else (folder, said.removeprefix("./").strip("/"))


def _read(source: BinaryIO, file: FileFacts, rows: int, budget: int, recipe: Recipe | None = None) -> Table | None:
    """The table in an opened file, by what a recipe says, else by its name and its first bytes."""
    suffix, size = _suffix(file.name), file.size
    if suffix == ".gz":
        source, size, suffix = gzip.GzipFile(fileobj=source), None, _suffix(file.name[:-3])  # type: ignore[assignment]
    reader = recipe.reader if recipe else ""
    if reader == "read_parquet" or (not reader and (suffix in _PARQUET or _begins(source, b"PAR1"))):
        return read_parquet(io.BytesIO(source.read(budget)) if size is None else source, rows)
    spelling = recipe.spelling if recipe else Spelling("\t" if suffix in (".tsv", ".tab") else "")
    if reader == "read_delimited" or (not reader and suffix in _DELIMITED):
        return read_delimited(source, size, rows, budget, spelling)
    if reader == "read_json_lines" or (not reader and suffix in _LINES):
        return read_lines(source, size, rows, budget, spelling.encoding)
    if suffix != ".json" or reader:
        return None
    data = source.read(budget + 1)
    text = decoded(data)[0].lstrip()
    if text.startswith("[") and len(data) <= budget:
        return read_array(text, rows)
    second = text.partition("\n")[2].lstrip()
    return read_lines(io.BytesIO(data), size, rows, budget) if second.startswith("{") else None


def _begins(source: BinaryIO, sign: bytes) -> bool:
    head = source.read(len(sign))
    source.seek(0)
    return head == sign


def _guarded(read: Callable[[], Table | None]) -> Table | None:
    """What ``read`` gives. A compressed file that is damaged is told as such."""
    try:
        return read()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InvalidInput(f"The compressed file is damaged: {error}.", target="path") from None


def _suffix(name: str) -> str:
    dot = name.rfind(".")
    return name[dot:].lower() if dot >= 0 else ""


def _nothing_told() -> dict[str, Any]:
    words = ("name", "size", "modifiedAt", "format", "encoding", "delimiter", "hasHeader", "source", "totalRows")
    more = ("text", "offset", "nextOffset", "contentType", "next")
    lists = ("columns", "rows", "folders", "files", "notes")
    return {
        **dict.fromkeys((*words, *more)),
        **{word: [] for word in lists},
        "totalColumns": 0,
        "isEstimate": False,
        "isWhole": True,
    }


def _of_table(table: Table) -> dict[str, Any]:
    types = table.types or [None] * len(table.names)
    columns = [
        {"name": name[:500], "type": type_, "kind": kind_of(table.column(number))}
        for number, (name, type_) in enumerate(zip(table.names, types, strict=True))
    ]
    return {
        "format": table.format,
        "columns": columns,
        "rows": shown(table.rows),
        "totalColumns": table.total_columns,
        "totalRows": table.total_rows,
        "isEstimate": table.is_estimate,
        "isWhole": table.is_whole,
        "notes": table.notes,
        **table.facts,
    }


def _spelt(files: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"name": each["name"], "size": each["size"], "modifiedAt": each["modified_at"]} for each in files]
