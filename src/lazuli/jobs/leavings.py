"""What a job left in a folder: every file of it, each under a name that it can be kept by.

A job may leave anything: names that no store takes, folders it locked itself out of, links in circles. None of it may
cost the rest.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

__all__ = ["LONGEST_NAME", "Leavings", "is_odd", "leavings", "within"]

LONGEST_NAME = 1024
_ODD = re.compile(r"[\\\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Leavings:
    """The files in a folder."""

    files: Mapping[str, Path]
    """By the names to keep them under, relative to the folder."""
    notes: Sequence[str] = ()
    """What a user must be told: which have another name here, and which cannot be kept."""
    is_whole: bool = True
    """Whether all can be kept."""


def leavings(folder: Path, room: int = LONGEST_NAME) -> Leavings:
    """What lies below ``folder``; names have ``room`` characters.

    Links that lead out of the folder are left out. A link to a folder is entered once: below one, no further such link
    is followed, so that none can lead in circles.
    """
    root = _real(folder)
    files: dict[str, Path] = {}
    odd: list[tuple[str, Path]] = []
    missed: list[str] = []
    for name, file in _below(root, "", root, room, missed, linked=False):
        if is_odd(name):
            odd.append((name, file))
        else:
            files[name] = file
    notes = [f"'{_shown(name)}' could not be kept: its name is too long or it cannot be read." for name in missed]
    for name, file in odd:
        plain = _ODD.sub(_spelt, name)
        if plain in files or len(plain) > room:
            missed.append(name)
            notes.append(f"'{_shown(name)}' could not be kept under that name.")
        else:
            files[plain] = file
            notes.append(f"'{_shown(name)}' is kept as '{plain}'.")
    return Leavings(files, notes, not missed)


def is_odd(name: str) -> bool:
    """Whether no store takes the name as it is."""
    return _ODD.search(name) is not None


def within(path: Path, folder: Path) -> bool:
    """Whether it lies there: a link that a job put in the place of its output may lead to anything on this machine."""
    return _real(path).is_relative_to(_real(folder))


def _below(
    folder: Path, start: str, root: Path, room: int, missed: list[str], *, linked: bool
) -> Iterator[tuple[str, Path]]:
    """Every file below ``folder``; the names of those that cannot be had are added to ``missed``."""
    try:
        paths = sorted(folder.iterdir()) if _opened(folder, os.R_OK | os.W_OK | os.X_OK) else None
    except OSError:
        paths = None
    if paths is None:
        missed.append(start.rstrip("/"))
        return
    for path in paths:
        name, is_link, target = start + path.name, path.is_symlink(), _real(path)
        if not target.is_relative_to(root):
            continue
        try:
            mode = path.stat().st_mode
        except OSError:
            if not is_link:  # to nowhere or in a circle
                missed.append(name)
            continue
        is_folder = stat.S_ISDIR(mode)
        if is_folder and is_link and (linked or path.is_relative_to(target)):
            continue
        if is_folder and len(name) < room:
            yield from _below(path, f"{name}/", root, room, missed, linked=linked or is_link)
        elif stat.S_ISREG(mode) and len(name) <= room and _opened(path, os.R_OK):
            yield name, path
        elif is_folder or stat.S_ISREG(mode):
            missed.append(name)


def _opened(path: Path, needed: int) -> bool:
    """Whether it may be used, also where a job took the right to that from itself."""
    if not os.access(path, needed):
        with suppress(OSError):
            path.chmod(path.stat().st_mode | stat.S_IRWXU)
    return os.access(path, needed)


def _real(path: Path) -> Path:
    """Where a path leads; ``Path.resolve`` would raise for a link in a circle."""
    return Path(os.path.realpath(path))


def _spelt(match: re.Match[str]) -> str:
    return quote(os.fsencode(match[0]), safe="")


def _shown(name: str) -> str:
    return name[:100].encode(errors="replace").decode()
