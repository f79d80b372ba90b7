"""What a folder holds at this moment, as one content hash, the same that ``lazuli`` and the server use."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Callable, Iterator, NamedTuple

from azureml._lazuli.ignored import Ignored
from azureml.exceptions import SnapshotException, UserErrorException

MOST_BYTES = 300 << 20
MOST_FILES = 2000
_NEVER = {".git", "__pycache__", ".ipynb_checkpoints"}


class Snapshot(NamedTuple):
    """Files by their paths below a root, and one hash over the paths and the content of all."""

    name: str
    files: dict[str, Path]
    digest: str
    size: int


def of_code(folder: Path) -> Snapshot:
    """A folder of code, without what ``.amlignore`` (else ``.gitignore``) names.

    Raises :class:`SnapshotException` for one that is too large: data does not belong among code.
    """
    if not folder.is_dir():
        raise UserErrorException(f"There is no folder '{folder}'.", target="source_directory")
    name = next((name for name in (".amlignore", ".gitignore") if (folder / name).is_file()), None)
    text = (folder / name).read_text(encoding="utf-8", errors="replace") if name else ""
    ignored = Ignored(text.splitlines())
    found = dict(below(folder, lambda word, is_folder: _is_left_out(ignored, word, is_folder)))
    size = sum(path.stat().st_size for path in found.values())
    if size > MOST_BYTES or len(found) > MOST_FILES:
        what = f"{size / 2**20:.0f} MB in {len(found)} files"
        raise SnapshotException(
            f"While taking snapshot of {folder} your total snapshot size exceeds the limit of 300.0 MB or "
            f"{MOST_FILES} files ({what}). Name what is no code in a file '.amlignore', or upload data to a datastore."
        )
    return of_files(folder.resolve().name, found)


def of_files(name: str, files: dict[str, Path]) -> Snapshot:
    """Files by their paths, hashed."""
    total = hashlib.sha256()
    size = 0
    for relative in sorted(files):
        total.update(f"{relative}\0{_sha256(files[relative])}\n".encode())
        size += files[relative].stat().st_size
    return Snapshot(name, {relative: files[relative] for relative in sorted(files)}, total.hexdigest(), size)


def below(
    folder: Path, is_left_out: Callable[[str, bool], bool] = lambda word, is_folder: False
) -> Iterator[tuple[str, Path]]:
    """Every file below a folder with its path there; a link that leads back up is not followed."""
    yield from _walk(folder, "", is_left_out, frozenset())


def _walk(
    folder: Path, prefix: str, is_left_out: Callable[[str, bool], bool], above: frozenset[str]
) -> Iterator[tuple[str, Path]]:
    real = os.path.realpath(str(folder))
    if real in above:
        return
    for entry in sorted(folder.iterdir()):
        relative, is_folder = prefix + entry.name, entry.is_dir()
        if is_left_out(relative, is_folder):
            continue
        if is_folder:
            yield from _walk(entry, f"{relative}/", is_left_out, above | {real})
        elif entry.is_file():
            yield relative, entry


def _is_left_out(ignored: Ignored, relative: str, is_folder: bool) -> bool:
    return relative.rpartition("/")[2] in _NEVER or ignored.names(relative, is_folder)


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    try:
        with file.open("rb") as source:
            for piece in iter(lambda: source.read(1 << 20), b""):
                digest.update(piece)
    except OSError as error:
        raise UserErrorException(f"'{file}' cannot be read: {error.strerror}.", target=str(file)) from None
    return digest.hexdigest()
