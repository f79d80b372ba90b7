"""Blocks: the pieces of future blobs, kept until a list of them is committed. They survive a restart."""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from lazuli.schema.problems import InvalidInput
from lazuli.store.contents import Content, Contents, pieces_of

__all__ = ["Blocks"]

_MOST = 50_000


class Blocks:
    """The blocks of every future blob, in a folder for each. Blocks may come at once, in any order, and again."""

    def __init__(self, root: Path, contents: Contents) -> None:
        self._root = root
        self._root.mkdir(parents=True, exist_ok=True)
        self._contents = contents

    def stage(self, container: str, name: str, block_id: str, source: Path, *, move: bool, md5: bytes) -> None:
        """Put a block by."""
        folder = self._of(container, name)
        folder.mkdir(exist_ok=True)
        self._contents.place(source, folder / _file(block_id), move=move, md5=md5)

    def join(self, container: str, name: str, ids: Sequence[str], md5: bytes) -> Content | None:
        """Store what the blocks make in this order; None where one was not staged.

        Raises :class:`InvalidInput` for a list that is too long, or where the digest is another.
        """
        if len(ids) > _MOST:
            raise InvalidInput(f"A blob has at most {_MOST} blocks.", target="blocklist", code="BlockListTooLong")
        folder = self._of(container, name)
        blocks = [folder / _file(block_id) for block_id in ids]
        try:
            return self._contents.keep(_pieces(blocks), md5=md5)
        except FileNotFoundError:
            return None

    def close(self, container: str, name: str, ids: Sequence[str], content: Content) -> None:
        """Remove the blocks that were committed, and remember what they made."""
        folder = self._of(container, name)
        folder.mkdir(exist_ok=True)
        ready = folder / uuid.uuid4().hex
        ready.write_text(json.dumps({"ids": list(ids), "content": asdict(content)}), encoding="utf-8")
        ready.replace(folder / "committed")
        for block_id in ids:
            (folder / _file(block_id)).unlink(missing_ok=True)

    def closed(self, container: str, name: str, ids: Sequence[str]) -> Content | None:
        """What these blocks made, where they were the last to be committed."""
        record = self._of(container, name) / "committed"
        known = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
        return Content(**known["content"]) if known.get("ids") == list(ids) else None

    def sweep(self, before: int) -> None:
        """Remove the blocks of blobs for which none came since ``before``, in milliseconds since 1970."""
        for folder in self._root.iterdir():
            if folder.stat().st_mtime * 1000 < before:
                shutil.rmtree(folder, ignore_errors=True)

    def _of(self, container: str, name: str) -> Path:
        return self._root / hashlib.sha256(f"{container}\0{name}".encode()).hexdigest()


def _file(block_id: str) -> str:
    if not 0 < len(block_id) <= 128:
        raise InvalidInput("A block id has 1 to 128 characters.", target="blockid", code="InvalidBlockId")
    return hashlib.sha256(block_id.encode()).hexdigest()


def _pieces(files: Sequence[Path]) -> Iterator[bytes]:
    for file in files:
        yield from pieces_of(file)
