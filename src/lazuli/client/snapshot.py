"""What a local file or folder holds at this moment, as one content hash: equal content is uploaded once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pathspec import GitIgnoreSpec

from lazuli.schema.problems import Conflict, InvalidInput

__all__ = ["File", "Snapshot", "scan", "scan_code", "with_includes"]

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
    hashed: Mapping[str, tuple[File, str]] = field(compare=False, repr=False)
    """Each file by its path, with the hash of its content."""

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


def with_includes(code: Snapshot | None, includes: Iterable[Snapshot]) -> Snapshot:
    """Code with further files and folders beside it, each under its own name.

    Raises :class:`InvalidInput` where two would have the same path.
    """
    found: dict[str, tuple[File, str]] = dict(code.hashed) if code else {}
    for each in includes:
        for relative, hashed in each.hashed.items():
            path = f"{each.name}/{relative}" if each.is_folder else relative
            if path in found:
                raise InvalidInput(
                    f"'{path}' is in the code and in what it includes.",
                    target="additional_includes",
                    mend="Rename one.",
                )
            found[path] = (replace(hashed[0], relative=path), hashed[1])
    return _hashed(code.name if code else "code", found, is_folder=True)


def _snapshot(path: Path, ignored: GitIgnoreSpec | None) -> Snapshot:
    found = [path] if path.is_file() else list(_walk(path, path, ignored, set()))
    if not found:
        raise InvalidInput(f"The folder '{path}' has no files to upload.", target=str(path))
    root = path if path.is_dir() else path.parent
    files: dict[str, tuple[File, str]] = {}
    for file in found:
        relative, stat = file.relative_to(root).as_posix(), file.stat()
        files[relative] = (File(relative, file, stat.st_size, stat.st_mtime_ns), _sha256(file))
    return _hashed(path.resolve().name, files, is_folder=path.is_dir())


def _hashed(name: str, files: Mapping[str, tuple[File, str]], *, is_folder: bool) -> Snapshot:
    """A snapshot of files, each with the hash of its content."""
    total = hashlib.sha256()
    for relative, (_, sha256) in sorted(files.items()):
        total.update(f"{relative}\0{sha256}\n".encode())
    return Snapshot(name, tuple(files[relative][0] for relative in sorted(files)), total.hexdigest(), is_folder, files)


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
