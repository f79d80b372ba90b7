"""Blobs: named contents in containers, as a storage account has them, each content kept once.

A content is a file named by its SHA-256, written whole and never changed; a name is a row that points to one. So a
copy costs a row, a reader never sees half a write, and a content is proven each time it is stored.

One process owns the folder; within it every method may be called from any thread.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, TypedDict, Unpack

from sqlalchemy import Connection, and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from lazuli.schema.problems import Conflict, InvalidInput, NotFound, PreconditionFailed
from lazuli.store.blob_names import Blob, BlobPage, at, blob_of, checked, row_of, starting_with, walk
from lazuli.store.blocks import Block, Blocks
from lazuli.store.clock import Clock, system_clock
from lazuli.store.contents import Content, Contents
from lazuli.store.database import Database
from lazuli.store.tables import blob as blob_table

__all__ = ["Blob", "BlobPage", "Blobs", "Block", "Terms"]

_HOUR = 3_600_000
_WEEK = 7 * 24 * _HOUR
_BATCH = 1000


class Terms(TypedDict, total=False):
    """What a put may say besides the content."""

    metadata: Mapping[str, str] | None
    content_type: str
    md5: bytes
    """The digest that the content must have."""
    only_new: bool
    """Refuse where the name is taken."""
    if_match: str
    """Refuse where the name is not at this etag."""


class Blobs:
    """The blobs of every container. A container exists as soon as a blob is put into it."""

    def __init__(self, database: Database, root: Path, clock: Clock = system_clock) -> None:
        self._database = database
        self._clock = clock
        self._contents = Contents(root, clock)
        self._blocks = Blocks(root / "staged", self._contents)
        self._insert = sqlite.insert if database.is_sqlite else postgresql.insert

    # --- writing -----------------------------------------------------------------------------------------------

    def put_file(self, container: str, name: str, source: Path, *, move: bool = False, **terms: Unpack[Terms]) -> Blob:
        """Store the content of ``source`` under ``name``, replacing what was there. Safe to repeat.

        ``move`` takes the file itself where that is possible; nobody may be writing to it. Raises :class:`Conflict`
        (BlobAlreadyExists), :class:`PreconditionFailed` or :class:`InvalidInput` where the :class:`Terms` are not met,
        or the name is none; the source then stays where it is.
        """
        return self._put(container, name, terms, lambda md5: self._contents.keep_file(source, move=move, md5=md5))

    def put_bytes(self, container: str, name: str, data: bytes, **terms: Unpack[Terms]) -> Blob:
        """Store ``data`` under ``name``; otherwise as :meth:`put_file`."""
        return self._put(container, name, terms, lambda md5: self._contents.keep([data], md5=md5))

    def put_files(self, container: str, files: Mapping[str, Path], *, move: bool = False) -> Sequence[Blob]:
        """Store files, each under its name; the names appear together or not at all."""
        names = [checked(name) for name in files]
        with ThreadPoolExecutor(4) as pool:
            contents = list(pool.map(lambda file: self._contents.keep_file(file, move=move), files.values()))
        blobs = [self._new(container, name, content) for name, content in zip(names, contents, strict=True)]
        self._record_all(container, blobs)
        return blobs

    def put_streams(
        self, container: str, streams: Mapping[str, Iterable[bytes]], metadata: Mapping[str, Mapping[str, str]]
    ) -> set[str]:
        """Store what each stream gives under its name, with its metadata; the names appear together or not at all.

        Tells which contents these names stood for until now: see :meth:`drop`. What a stream raises is raised here.
        """
        names = [checked(name) for name in streams]
        contents = [self._contents.keep(pieces) for pieces in streams.values()]
        pairs = zip(names, contents, strict=True)
        return self._record_all(container, [self._new(container, n, c, metadata.get(n)) for n, c in pairs])

    def drop(self, sha256: str) -> bool:
        """Remove a content at once where no name stands for it, or will in a moment; whether it is gone.

        For those who know that nobody will open it who has looked it up before.
        """
        query = select(blob_table.c.name).where(blob_table.c.sha256 == sha256).limit(1)

        def is_named() -> bool:
            with self._database.read() as tx:
                return tx.execute(query).first() is not None

        return self._contents.drop(sha256, is_named)

    def set_metadata(self, container: str, name: str, metadata: Mapping[str, str], *, if_match: str = "") -> Blob:
        """Replace the metadata of a blob. Raises :class:`NotFound` (BlobNotFound) where there is none."""
        name = checked(name)
        changes = {"metadata": json.dumps(dict(metadata)), "etag": _new_etag(), "modified_at": self._clock()}
        with self._database.write() as tx:
            _check_etag(self._find(tx, container, name), if_match)
            tx.execute(update(blob_table).where(*at(container, name)).values(**changes))
            found = self._find(tx, container, name)
        if found is None:
            raise _no_blob(name)
        return found

    def delete(self, container: str, name: str, *, if_match: str = "") -> bool:
        """Remove a blob; whether there was one."""
        name = checked(name)
        with self._database.write() as tx:
            old = self._find(tx, container, name)
            _check_etag(old, if_match)
            tx.execute(delete(blob_table).where(*at(container, name)))
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
            return tx.execute(delete(blob_table).where(*starting_with(blob_table.c.container, stem))).rowcount

    # --- reading -----------------------------------------------------------------------------------------------

    def stat(self, container: str, name: str) -> Blob | None:
        """What is known of a blob, or None where there is none."""
        with self._database.read() as tx:
            return self._find(tx, container, checked(name))

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
            for key, found in walk(tx, container, prefix, delimiter, after, min(limit + 1, _BATCH)):
                if len(blobs) + len(prefixes) == limit:
                    return BlobPage(blobs, prefixes, last)
                last = key
                if found is None:
                    prefixes.append(key)
                else:
                    blobs.append(blob_of(found))
        return BlobPage(blobs, prefixes, "")

    def below(self, container: str, prefix: str = "") -> Iterator[Blob]:
        """Every blob whose name starts with ``prefix``, in byte order, however many there are.

        They are read page by page, so what is removed on the way disturbs nothing.
        """
        after, more = "", True
        while more:
            page = self.list(container, prefix, after=after)
            yield from page.blobs
            after, more = page.next_marker, bool(page.next_marker)

    def etags(self, container: str, prefix: str = "") -> dict[str, str]:
        """The etag of every blob whose name starts with ``prefix``, by its name, and nothing else of them."""
        query = select(blob_table.c.name, blob_table.c.etag)
        query = query.where(blob_table.c.container == container, *starting_with(blob_table.c.name, prefix))
        with self._database.read() as tx:
            return {row.name: row.etag for row in tx.execute(query)}

    # --- blocks ------------------------------------------------------------------------------------------------

    def stage_block(
        self, container: str, name: str, block_id: str, source: Path, *, move: bool = False, md5: bytes = b""
    ) -> None:
        """Put a block of a future blob by. Blocks may come at once, in any order, again, and after a restart."""
        self._blocks.stage(container, checked(name), block_id, source, move=move, md5=md5)

    def commit_blocks(self, container: str, name: str, ids: Sequence[str], **terms: Unpack[Terms]) -> Blob:
        """Make the staged blocks ``ids``, in this order, the content of ``name``; otherwise as :meth:`put_file`.

        Raises :class:`InvalidInput` (InvalidBlockList) where one was not staged. Safe to repeat: the list that was
        committed last may be committed again although its blocks are gone.
        """
        name = checked(name)
        made: list[Content] = []

        def join(md5: bytes) -> Content:
            made.append(self._blocks.join(container, name, ids, md5) or self._committed(container, name, ids))
            return made[0]

        blob = self._put(container, name, terms, join)
        self._blocks.close(container, name, ids, made[0])
        return blob

    def blocks(self, container: str, name: str) -> tuple[Sequence[Block], Sequence[Block]]:
        """The blocks that a blob was made of, and those that were put by for its next content.

        Raises :class:`NotFound` (BlobNotFound) where there is neither a blob nor a block.
        """
        name = checked(name)
        blob, staged = self.stat(container, name), self._blocks.staged(container, name)
        if blob is None and not staged:
            raise _no_blob(name)
        return self._blocks.committed(container, name, blob.sha256) if blob else [], staged

    def _committed(self, container: str, name: str, ids: Sequence[str]) -> Content:
        """The content of an equal commit whose answer got lost, or whose twin was faster."""
        content, blob = self._blocks.closed(container, name, ids), self.stat(container, name)
        if content and blob and blob.sha256 == content.sha256:
            self._contents.hold(content.sha256)
            return content
        raise InvalidInput("The list names a block that was not uploaded.", target="blocklist", code="InvalidBlockList")

    # --- garbage -----------------------------------------------------------------------------------------------

    def collect_garbage(self, *, older_than: int = _HOUR) -> int:
        """Remove contents without a name, and blocks and half-written files left behind; how many contents went.

        What was written or lost its last name less than ``older_than`` milliseconds ago stays, so that a put under
        way and a reader that has just looked a blob up are never disturbed. Blocks stay for a week, as on Azure.
        """
        now = self._clock()
        with self._database.read() as tx:
            used = set(tx.execute(select(blob_table.c.sha256).distinct()).scalars())
        self._blocks.sweep(now - _WEEK)
        return self._contents.sweep(used, now - older_than)

    def recover(self) -> None:
        """Remove what a server that was killed had half written; blocks of uploads stay. Nobody may be writing."""
        self._contents.recover()

    def usage(self, container: str, prefix: str = "") -> tuple[int, int]:
        """How many blobs a container holds below ``prefix``, and how many bytes their names stand for."""
        query = select(func.count(), func.coalesce(func.sum(blob_table.c.size), 0))
        query = query.where(blob_table.c.container == container, *starting_with(blob_table.c.name, prefix))
        with self._database.read() as tx:
            count, size = tx.execute(query).one()
        return int(count), int(size)

    def digest(self, container: str, path: str) -> str:
        """What the blob ``path`` and all below it hold, as one word: equal names and contents have an equal one."""
        found = hashlib.sha256()
        with self._database.read() as tx:
            for column in (
                blob_table.c.name == path,
                and_(*starting_with(blob_table.c.name, f"{path}/" if path else "")),
            ):
                query = select(blob_table.c.name, blob_table.c.sha256).where(
                    blob_table.c.container == container, column
                )
                for name, sha256 in tx.execute(query.order_by(blob_table.c.name)):
                    found.update(f"{name.removeprefix(path)}\0{sha256}\n".encode())
        return found.hexdigest()

    def copy(self, pairs: Iterable[tuple[tuple[str, str], tuple[str, str]]]) -> None:
        """Of each pair of ``(container, path)``, let the second, and what is below it, be what the first is.

        All with one commit; no content is moved.
        """
        replaced: set[str] = set()
        with self._database.write() as tx:
            for source, target in pairs:
                replaced |= self._copy(tx, source, target) if source != target else set()
        for sha256 in replaced:
            self._contents.touch(sha256)

    def _copy(self, tx: Connection, source: tuple[str, str], target: tuple[str, str]) -> set[str]:
        """Copy the names; the contents that the target's stood for until now."""
        (container, path), (other, to) = source, target
        inside = or_(blob_table.c.name == path, and_(*starting_with(blob_table.c.name, f"{path}/")))
        rows = tx.execute(select(blob_table).where(blob_table.c.container == container, inside)).all()
        copies = [replace(blob_of(row), container=other, name=to + row.name.removeprefix(path)) for row in rows]
        now = self._clock()
        fresh = [replace(copy, etag=_new_etag(), created_at=now, modified_at=now) for copy in copies]
        replaced = self._contents_of(tx, other, [blob.name for blob in fresh])
        if fresh:
            tx.execute(self._upsert(), [row_of(blob) for blob in fresh])
        return replaced.difference(blob.sha256 for blob in fresh)

    # --- rows --------------------------------------------------------------------------------------------------

    def _put(self, container: str, name: str, terms: Terms, keep: Callable[[bytes], Content]) -> Blob:
        """Let the content that ``keep`` stores be what ``name`` stands for."""
        name = checked(name)
        if terms.get("only_new") or terms.get("if_match"):
            _check(name, self.stat(container, name), terms)  # before any content is moved
        content = keep(terms.get("md5", b""))
        blob = self._new(container, name, content, terms.get("metadata"), terms.get("content_type", ""))
        try:
            with self._database.write() as tx:
                old = self._find(tx, container, name)
                _check(name, old, terms)
                tx.execute(self._upsert(), row_of(blob))
        finally:
            self._contents.release([blob.sha256])
        if old is not None and old.sha256 != blob.sha256:
            self._contents.touch(old.sha256)
        return blob

    def _contents_of(self, tx: Connection, container: str, names: Sequence[str]) -> set[str]:
        found: set[str] = set()
        for start in range(0, len(names), _BATCH):
            some = blob_table.c.name.in_(names[start : start + _BATCH])
            found |= set(
                tx.execute(select(blob_table.c.sha256).where(blob_table.c.container == container, some)).scalars()
            )
        return found

    def _find(self, tx: Connection, container: str, name: str) -> Blob | None:
        row = tx.execute(select(blob_table).where(*at(container, name))).one_or_none()
        return None if row is None else blob_of(row)

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

    def _record_all(self, container: str, blobs: Sequence[Blob]) -> set[str]:
        """Give contents their names, together; the contents that these had until now."""
        if not blobs:
            return set()
        contents = [blob.sha256 for blob in blobs]
        try:
            with self._database.write() as tx:
                replaced = self._contents_of(tx, container, [blob.name for blob in blobs]).difference(contents)
                tx.execute(self._upsert(), [row_of(blob) for blob in blobs])
        finally:
            self._contents.release(contents)
        for sha256 in replaced:
            self._contents.touch(sha256)
        return replaced

    def _upsert(self) -> Any:
        statement = self._insert(blob_table)
        keys = ["container", "name"]
        values = {c.name: statement.excluded[c.name] for c in blob_table.columns if c.name not in keys}
        return statement.on_conflict_do_update(index_elements=keys, set_=values)


def _new_etag() -> str:
    return f"0x{uuid.uuid4().hex[:16].upper()}"


def _check_etag(blob: Blob | None, if_match: str) -> None:
    if if_match and (blob is None or blob.etag != if_match):
        raise PreconditionFailed("The blob was changed meanwhile.", target="If-Match", code="ConditionNotMet")


def _check(name: str, old: Blob | None, terms: Terms) -> None:
    _check_etag(old, terms.get("if_match", ""))
    if terms.get("only_new") and old is not None:
        raise _exists(name)


def _exists(name: str) -> Conflict:
    return Conflict(f"The blob '{name}' exists already.", target="name", code="BlobAlreadyExists")


def _no_blob(name: str) -> NotFound:
    return NotFound(f"There is no blob '{name}'.", target="name", code="BlobNotFound")
