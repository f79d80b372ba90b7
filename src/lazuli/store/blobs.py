"""Blobs: named contents in containers, as a storage account has them, each content kept once.

A content is a file named by its SHA-256, written whole and never changed; a name is a row that points to one. So a
copy costs a row, a reader never sees half a write, and a content is proven each time it is stored.

One process owns the folder; within it every method may be called from any thread.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from lazuli.schema.problems import Conflict, InvalidInput, NotFound, PreconditionFailed
from lazuli.store.clock import Clock, system_clock
from lazuli.store.contents import Content, Contents, pieces_of
from lazuli.store.database import Database
from lazuli.store.paths import clean
from lazuli.store.tables import blob as blob_table

__all__ = ["Blob", "BlobPage", "Blobs", "files_below"]

_HOUR = 3_600_000
_WEEK = 7 * 24 * _HOUR
_LONGEST_NAME = 1024
_MOST_BLOCKS = 50_000
_BATCH = 1000


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


class Blobs:
    """The blobs of every container. A container exists as soon as a blob is put into it."""

    def __init__(self, database: Database, root: Path, clock: Clock = system_clock) -> None:
        self._database = database
        self._clock = clock
        self._contents = Contents(root, clock)
        self._staged = root / "staged"
        self._staged.mkdir(parents=True, exist_ok=True)
        self._insert = sqlite.insert if database.is_sqlite else postgresql.insert

    # --- writing -----------------------------------------------------------------------------------------------

    def put_file(
        self,
        container: str,
        name: str,
        source: Path,
        *,
        move: bool = False,
        metadata: Mapping[str, str] | None = None,
        content_type: str = "",
        md5: bytes = b"",
        only_new: bool = False,
        if_match: str = "",
    ) -> Blob:
        """Store the content of ``source`` under ``name``, replacing what was there. Safe to repeat.

        ``move`` takes the file itself where that is possible; nobody may be writing to it. ``md5`` is the digest
        that the content must have. Raises :class:`Conflict` (BlobAlreadyExists) with ``only_new`` where the name is
        taken, :class:`PreconditionFailed` where it is not at the etag ``if_match``, and :class:`InvalidInput` for a
        name or a digest that is wrong; the source then stays where it is.
        """
        name = _checked(name)
        self._guard_early(container, name, only_new, if_match)
        content = self._contents.keep_file(source, move=move, md5=md5)
        return self._record(container, name, content, metadata, content_type, only_new, if_match)

    def put_bytes(
        self,
        container: str,
        name: str,
        data: bytes,
        *,
        metadata: Mapping[str, str] | None = None,
        content_type: str = "",
        md5: bytes = b"",
        only_new: bool = False,
        if_match: str = "",
    ) -> Blob:
        """Store ``data`` under ``name``; otherwise as :meth:`put_file`."""
        name = _checked(name)
        self._guard_early(container, name, only_new, if_match)
        content = self._contents.keep([data], md5=md5)
        return self._record(container, name, content, metadata, content_type, only_new, if_match)

    def put_tree(self, container: str, prefix: str, folder: Path, *, move: bool = False) -> Sequence[Blob]:
        """Store every file below ``folder`` under ``prefix``; the names appear together or not at all.

        Links that lead out of the folder are left out, links inside it are followed. With ``move`` the files are
        taken from the folder, in part even where a later one cannot be read.
        """
        start = f"{prefix.rstrip('/')}/" if prefix else ""
        root = folder.resolve()
        files = {start + relative: file for relative, file in files_below(root, root)}
        return self.put_files(container, files, move=move)

    def put_files(self, container: str, files: Mapping[str, Path], *, move: bool = False) -> Sequence[Blob]:
        """Store files, each under its name; the names appear together or not at all."""
        names = [_checked(name) for name in files]
        with ThreadPoolExecutor(4) as pool:
            contents = list(pool.map(lambda file: self._contents.keep_file(file, move=move), files.values()))
        blobs = [self._new(container, name, content) for name, content in zip(names, contents, strict=True)]
        if blobs:
            with self._database.write() as tx:
                replaced = self._contents_of(tx, container, [blob.name for blob in blobs])
                tx.execute(self._upsert(), [_row(blob) for blob in blobs])
            for sha256 in replaced - {blob.sha256 for blob in blobs}:
                self._contents.touch(sha256)
        return blobs

    def set_metadata(self, container: str, name: str, metadata: Mapping[str, str], *, if_match: str = "") -> Blob:
        """Replace the metadata of a blob. Raises :class:`NotFound` (BlobNotFound) where there is none."""
        name = _checked(name)
        changes = {"metadata": json.dumps(dict(metadata)), "etag": _new_etag(), "modified_at": self._clock()}
        with self._database.write() as tx:
            _check_etag(self._find(tx, container, name), if_match)
            tx.execute(update(blob_table).where(*_at(container, name)).values(**changes))
            found = self._find(tx, container, name)
        if found is None:
            raise _no_blob(name)
        return found

    def delete(self, container: str, name: str, *, if_match: str = "") -> bool:
        """Remove a blob; whether there was one."""
        name = _checked(name)
        with self._database.write() as tx:
            old = self._find(tx, container, name)
            _check_etag(old, if_match)
            tx.execute(delete(blob_table).where(*_at(container, name)))
        if old is not None:
            self._contents.touch(old.sha256)
        return old is not None

    def delete_container(self, container: str) -> int:
        """Remove every blob of a container; how many there were."""
        with self._database.write() as tx:
            return tx.execute(delete(blob_table).where(blob_table.c.container == container)).rowcount

    def delete_containers(self, stem: str) -> int:
        """Remove every blob of the containers whose names start with ``stem``; how many there were."""
        if not stem:
            raise ValueError("an empty stem would remove the blobs of everybody")
        with self._database.write() as tx:
            return tx.execute(delete(blob_table).where(*_starting_with(blob_table.c.container, stem))).rowcount

    # --- reading -----------------------------------------------------------------------------------------------

    def stat(self, container: str, name: str) -> Blob | None:
        """What is known of a blob, or None where there is none."""
        with self._database.read() as tx:
            return self._find(tx, container, _checked(name))

    def file(self, blob: Blob) -> Path:
        """The file with the blob's content: to be read, never written. It stays for as long as a name points to it."""
        return self._contents.file(blob.sha256)

    def read_bytes(self, container: str, name: str) -> bytes:
        """The content of a (small) blob. Raises :class:`NotFound` (BlobNotFound) where there is none."""
        blob = self.stat(container, name)
        if blob is None:
            raise _no_blob(name)
        return self.file(blob).read_bytes()

    def list(
        self, container: str, prefix: str = "", *, delimiter: str = "", after: str = "", limit: int = 5000
    ) -> BlobPage:
        """The blobs whose names start with ``prefix``, in byte order, ``limit`` at most, from behind ``after`` on.

        With a ``delimiter``, names that hold it behind the prefix are shown once, as the part up to it.
        """
        blobs: list[Blob] = []
        prefixes: list[str] = []
        last = ""
        with self._database.read() as tx:
            for key, found in self._walk(tx, container, prefix, delimiter, after, min(limit + 1, _BATCH)):
                if len(blobs) + len(prefixes) == limit:
                    return BlobPage(blobs, prefixes, last)
                last = key
                if found is None:
                    prefixes.append(key)
                else:
                    blobs.append(_blob(found))
        return BlobPage(blobs, prefixes, "")

    def _walk(
        self, tx: Connection, container: str, prefix: str, delimiter: str, after: str, batch: int
    ) -> Iterator[tuple[str, Row[Any] | None]]:
        """Each name with its row, or each common prefix with None, reading ``batch`` rows at a time.

        The rows of a common prefix are jumped over, so that a folder costs one query however much is in it.
        """
        bounds = [blob_table.c.container == container, *_starting_with(blob_table.c.name, prefix)]
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

    # --- blocks ------------------------------------------------------------------------------------------------

    def stage_block(
        self, container: str, name: str, block_id: str, source: Path, *, move: bool = False, md5: bytes = b""
    ) -> None:
        """Put a block of a future blob by. Blocks may come at once, in any order, again, and after a restart."""
        folder = self._blocks_of(container, _checked(name))
        folder.mkdir(exist_ok=True)
        block = folder / _block_file(block_id)
        self._contents.place(source, block, move=move, md5=md5)

    def commit_blocks(
        self,
        container: str,
        name: str,
        ids: Sequence[str],
        *,
        metadata: Mapping[str, str] | None = None,
        content_type: str = "",
        md5: bytes = b"",
        only_new: bool = False,
        if_match: str = "",
    ) -> Blob:
        """Make the staged blocks ``ids``, in this order, the content of ``name``; otherwise as :meth:`put_file`.

        Raises :class:`InvalidInput` (InvalidBlockList) where one was not staged. Safe to repeat: the list that was
        committed last may be committed again although its blocks are gone.
        """
        name = _checked(name)
        self._guard_early(container, name, only_new, if_match)
        if len(ids) > _MOST_BLOCKS:
            raise InvalidInput(
                f"A blob has at most {_MOST_BLOCKS} blocks.", target="blocklist", code="BlockListTooLong"
            )
        folder = self._blocks_of(container, name)
        blocks = [folder / _block_file(block_id) for block_id in ids]
        try:
            content = self._contents.keep(_pieces_of_all(blocks), md5=md5)
        except FileNotFoundError:
            content = self._committed_before(container, name, ids)
        blob = self._record(container, name, content, metadata, content_type, only_new, if_match)
        folder.mkdir(exist_ok=True)
        _write_whole(folder / "committed", json.dumps({"ids": list(ids), "content": asdict(content)}))
        for block in blocks:
            block.unlink(missing_ok=True)
        return blob

    def _committed_before(self, container: str, name: str, ids: Sequence[str]) -> Content:
        """The content of an equal commit whose answer got lost, or whose twin was faster."""
        record = self._blocks_of(container, name) / "committed"
        known = json.loads(record.read_text()) if record.exists() else {}
        blob = self.stat(container, name)
        if known.get("ids") == list(ids) and blob and blob.sha256 == known["content"]["sha256"]:
            return Content(**known["content"])
        raise InvalidInput("The list names a block that was not uploaded.", target="blocklist", code="InvalidBlockList")

    def _blocks_of(self, container: str, name: str) -> Path:
        return self._staged / hashlib.sha256(f"{container}\0{name}".encode()).hexdigest()

    # --- garbage -----------------------------------------------------------------------------------------------

    def collect_garbage(self, *, older_than: int = _HOUR) -> int:
        """Remove contents without a name, and blocks and half-written files left behind; how many contents went.

        What was written or lost its last name less than ``older_than`` milliseconds ago stays, so that a put under
        way and a reader that has just looked a blob up are never disturbed. Blocks stay for a week, as on Azure.
        """
        now = self._clock()
        with self._database.read() as tx:
            used = set(tx.execute(select(blob_table.c.sha256).distinct()).scalars())
        for folder in self._staged.iterdir():
            if folder.stat().st_mtime * 1000 < now - _WEEK:
                shutil.rmtree(folder, ignore_errors=True)
        return self._contents.sweep(used, now - older_than)

    def usage(self, container: str, prefix: str = "") -> tuple[int, int]:
        """How many blobs a container holds below ``prefix``, and how many bytes their names stand for."""
        query = select(func.count(), func.coalesce(func.sum(blob_table.c.size), 0))
        query = query.where(blob_table.c.container == container, *_starting_with(blob_table.c.name, prefix))
        with self._database.read() as tx:
            count, size = tx.execute(query).one()
        return int(count), int(size)

    # --- rows --------------------------------------------------------------------------------------------------

    def _contents_of(self, tx: Connection, container: str, names: Sequence[str]) -> set[str]:
        found: set[str] = set()
        for start in range(0, len(names), _BATCH):
            some = blob_table.c.name.in_(names[start : start + _BATCH])
            found |= set(
                tx.execute(select(blob_table.c.sha256).where(blob_table.c.container == container, some)).scalars()
            )
        return found

    def _find(self, tx: Connection, container: str, name: str) -> Blob | None:
        row = tx.execute(select(blob_table).where(*_at(container, name))).one_or_none()
        return None if row is None else _blob(row)

    def _guard_early(self, container: str, name: str, only_new: bool, if_match: str) -> None:
        """Refuse before any content is moved what :meth:`_record` would refuse."""
        if not only_new and not if_match:
            return
        old = self.stat(container, name)
        _check_etag(old, if_match)
        if only_new and old is not None:
            raise _exists(name)

    def _new(
        self,
        container: str,
        name: str,
        content: Content,
        metadata: Mapping[str, str] | None = None,
        content_type: str = "",
    ) -> Blob:
        now = self._clock()
        return Blob(
            container,
            name,
            content.sha256,
            content.size,
            content.md5,
            content_type or "application/octet-stream",
            dict(metadata or {}),
            _new_etag(),
            now,
            now,
        )

    def _record(
        self,
        container: str,
        name: str,
        content: Content,
        metadata: Mapping[str, str] | None,
        content_type: str,
        only_new: bool,
        if_match: str,
    ) -> Blob:
        blob = self._new(container, name, content, metadata, content_type)
        with self._database.write() as tx:
            old = self._find(tx, container, name)
            _check_etag(old, if_match)
            if only_new and old is not None:
                raise _exists(name)
            tx.execute(self._upsert(), _row(blob))
        if old is not None and old.sha256 != blob.sha256:
            self._contents.touch(old.sha256)
        return blob

    def _upsert(self) -> Any:
        statement = self._insert(blob_table)
        keys = ["container", "name"]
        values = {c.name: statement.excluded[c.name] for c in blob_table.columns if c.name not in keys}
        return statement.on_conflict_do_update(index_elements=keys, set_=values)


def files_below(folder: Path, root: Path, *, linked: bool = False) -> Iterator[tuple[str, Path]]:
    """Every regular file below ``folder`` with its path relative to it.

    A link to a folder is entered once: below one, no further such link is followed, so that none can lead in circles.
    """
    for path in sorted(folder.iterdir()):
        is_link = path.is_symlink()
        target = path.resolve() if is_link else path
        if is_link and not target.is_relative_to(root):
            continue
        if target.is_file():
            yield path.name, path
        elif target.is_dir() and not (is_link and (linked or path.is_relative_to(target))):
            for relative, file in files_below(path, root, linked=linked or is_link):
                yield f"{path.name}/{relative}", file


def _pieces_of_all(files: Iterable[Path]) -> Iterator[bytes]:
    for file in files:
        yield from pieces_of(file)


def _write_whole(file: Path, text: str) -> None:
    ready = file.with_name(uuid.uuid4().hex)
    ready.write_text(text, encoding="utf-8")
    ready.replace(file)


def _checked(name: str) -> str:
    """``name`` as a blob may be called. Raises :class:`InvalidInput` otherwise."""
    if len(name) > _LONGEST_NAME:
        raise InvalidInput(
            f"'{name[:80]}…' is longer than {_LONGEST_NAME} characters.", target="name", code="InvalidResourceName"
        )
    try:
        name.encode()
    except UnicodeEncodeError:
        shown = name.encode(errors="replace").decode()
        raise InvalidInput(f"'{shown}' is not valid UTF-8.", target="name", mend="Rename the file.") from None
    return clean(name, target="name")


def _block_file(block_id: str) -> str:
    if not 0 < len(block_id) <= 128:
        raise InvalidInput("A block id has 1 to 128 characters.", target="blockid", code="InvalidBlockId")
    return hashlib.sha256(block_id.encode()).hexdigest()


def _starting_with(column: ColumnElement[str], prefix: str) -> Iterator[ColumnElement[bool]]:
    """The conditions that mean it literally, and that an index answers."""
    yield column >= prefix
    if (end := _successor(prefix)) is not None:
        yield column < end


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


def _at(container: str, name: str) -> tuple[Any, Any]:
    return blob_table.c.container == container, blob_table.c.name == name


def _row(blob: Blob) -> dict[str, Any]:
    return asdict(blob) | {"metadata": json.dumps(dict(blob.metadata))}


def _blob(row: Row[Any]) -> Blob:
    values = dict(row._mapping)
    return Blob(**values | {"metadata": json.loads(values["metadata"])})


def _new_etag() -> str:
    return f"0x{uuid.uuid4().hex[:16].upper()}"


def _check_etag(blob: Blob | None, if_match: str) -> None:
    if if_match and (blob is None or blob.etag != if_match):
        raise PreconditionFailed("The blob was changed meanwhile.", target="If-Match", code="ConditionNotMet")


def _exists(name: str) -> Conflict:
    return Conflict(f"The blob '{name}' exists already.", target="name", code="BlobAlreadyExists")


def _no_blob(name: str) -> NotFound:
    return NotFound(f"There is no blob '{name}'.", target="name", code="BlobNotFound")
