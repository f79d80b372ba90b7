"""Blocks: the pieces of future blobs, kept until a list of them is committed. They survive a restart."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lazuli.schema.problems import InvalidInput
from lazuli.store.contents import Content, Contents, pieces_of

__all__ = ["Block", "Blocks"]

_MOST = 50_000
_COMMITTED = "committed"
_PREFIX = "block-"


@dataclass(frozen=True)
class Block:
    """A block: its id, and its size in bytes."""

    id: str
    size: int


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
        files = [folder / _file(block_id) for block_id in ids]
        sizes = [file.stat().st_size if file.exists() else 0 for file in files]
        ready = folder / uuid.uuid4().hex
        said = {"ids": list(ids), "sizes": sizes, "content": asdict(content)}
        ready.write_text(json.dumps(said), encoding="utf-8")
        ready.replace(folder / _COMMITTED)
        for file in files:
            file.unlink(missing_ok=True)

    def closed(self, container: str, name: str, ids: Sequence[str]) -> Content | None:
        """What these blocks made, where they were the last to be committed."""
        known = self._record(container, name)
        return Content(**known["content"]) if known.get("ids") == list(ids) else None

    def staged(self, container: str, name: str) -> list[Block]:
        """The blocks that were put by and are in no list yet, by their ids: what an upload cut short need not send."""
        folder = self._of(container, name)
        found = [(_id(file.name), file) for file in sorted(folder.glob("*")) if file.name.startswith(_PREFIX)]
        return [Block(block_id, file.stat().st_size) for block_id, file in found]

    def committed(self, container: str, name: str, sha256: str) -> list[Block]:
        """The blocks that the content with this digest was made of; none where it came in one piece."""
        known = self._record(container, name)
        if not known or known["content"]["sha256"] != sha256 or "sizes" not in known:
            return []
        return [Block(block_id, size) for block_id, size in zip(known["ids"], known["sizes"], strict=True)]

    def sweep(self, before: int) -> None:
        """Remove the blocks of blobs for which none came since ``before``, in milliseconds since 1970."""
        for folder in self._root.iterdir():
            if folder.stat().st_mtime * 1000 < before:
                shutil.rmtree(folder, ignore_errors=True)

    def _record(self, container: str, name: str) -> dict[str, Any]:
        """What was committed last under a name."""
        record = self._of(container, name) / _COMMITTED
        return json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}

    def _of(self, container: str, name: str) -> Path:
        return self._root / hashlib.sha256(f"{container}\0{name}".encode()).hexdigest()


def _file(block_id: str) -> str:
    """The name of a block's file, which tells its id and leads nowhere."""
    if not 0 < len(block_id) <= 128 or not block_id.isascii():
        raise InvalidInput("A block id has 1 to 128 characters of ASCII.", target="blockid", code="InvalidBlockId")
    return _PREFIX + base64.urlsafe_b64encode(block_id.encode()).decode()


def _id(file: str) -> str:
    return base64.urlsafe_b64decode(file.removeprefix(_PREFIX)).decode()


def _pieces(files: Sequence[Path]) -> Iterator[bytes]:
    for file in files:
        yield from pieces_of(file)
