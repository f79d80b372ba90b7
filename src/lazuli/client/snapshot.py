"""What a local file or folder holds at this moment, as one content hash: equal content is uploaded once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec

from lazuli.schema.problems import Conflict, InvalidInput

__all__ = ["File", "Snapshot", "scan", "scan_code"]

_NEVER = {".git", "__pycache__"}
_PIECE = 1 << 20


@dataclass(frozen=True)
class File:
    """One file of a snapshot, as it was when it was hashed."""

    relative: str
    """Its path below the snapshot's root, with forward slashes."""
    path: Path
    size: int
    modified_ns: int

    def still(self) -> None:
        """Raise :class:`Conflict` where the file has changed since it was hashed."""
        now = self.path.stat()
        if (now.st_size, now.st_mtime_ns) != (self.size, self.modified_ns):
            raise Conflict(f"'{self.path}' changed while it was uploaded.", target=self.relative, mend="Try again.")


@dataclass(frozen=True)
class Snapshot:
    """A file or folder, hashed. ``digest`` covers the paths and the content of every file, and nothing else."""

    name: str
    """The name of the file or folder."""
    files: tuple[File, ...]
    digest: str
    is_folder: bool

    @property
    def size(self) -> int:
        """All bytes together."""
        return sum(file.size for file in self.files)


def scan(path: Path) -> Snapshot:
    """The snapshot of a file, or of all files in a folder. Raises :class:`InvalidInput` for an empty folder."""
    return _snapshot(path, None)


def scan_code(path: Path) -> Snapshot:
    """The snapshot of a code folder, without what ``.amlignore`` (else ``.gitignore``) names."""
    ignore = next((path / name for name in (".amlignore", ".gitignore") if (path / name).is_file()), None)
    lines = ignore.read_text(encoding="utf-8", errors="replace").splitlines() if ignore else []
    return _snapshot(path, GitIgnoreSpec.from_lines(lines))


def _snapshot(path: Path, ignored: GitIgnoreSpec | None) -> Snapshot:
    found = [path] if path.is_file() else list(_walk(path, path, ignored, set()))
    if not found:
        raise InvalidInput(f"The folder '{path}' has no files to upload.", target=str(path))
    root = path if path.is_dir() else path.parent
    total = hashlib.sha256()
    files = []
    for relative, file in sorted((item.relative_to(root).as_posix(), item) for item in found):
        stat = file.stat()
        total.update(f"{relative}\0{_sha256(file)}\n".encode())
        files.append(File(relative, file, stat.st_size, stat.st_mtime_ns))
    return Snapshot(path.resolve().name, tuple(files), total.hexdigest(), path.is_dir())


def _walk(folder: Path, root: Path, ignored: GitIgnoreSpec | None, above: set[Path]) -> Iterator[Path]:
    real = folder.resolve()
    if real in above:  # a link that leads back up
        return
    for entry in folder.iterdir():
        relative = entry.relative_to(root).as_posix()
        is_folder = entry.is_dir()
        if ignored is not None and (entry.name in _NEVER or ignored.match_file(relative + "/" * is_folder)):
            continue
        if is_folder:
            yield from _walk(entry, root, ignored, above | {real})
        elif entry.is_file():
            yield entry


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    try:
        with file.open("rb") as source:
            while piece := source.read(_PIECE):
                digest.update(piece)
    except OSError as error:
        raise InvalidInput(f"'{file}' cannot be read: {error.strerror}.", target=str(file)) from None
    return digest.hexdigest()
