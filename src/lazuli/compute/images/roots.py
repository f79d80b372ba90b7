"""The root of an image, made of what this machine has: a Python, a shell, and the libraries that they load.

It is as small as the official slim images and needs no registry. Everything keeps the place that it has here, so that
what was built here runs there; only ``/bin``, ``/lib`` and their kin lead into ``/usr``, as on every Linux of today.
"""

from __future__ import annotations

import marshal  # noqa: TID251  (it is written here, and never read)
import os
import re
import shutil
import struct
import sys
import warnings
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from pathlib import Path

from lazuli.compute.images.layers import Entry
from lazuli.compute.spawn import machine_environment, run
from lazuli.schema.problems import Unavailable

__all__ = ["bytecode", "folder_entries", "libraries", "own_python", "placed", "python_entries", "system_entries"]

_MERGED = re.compile(r"^(?:usr/)?(bin|sbin|lib|lib32|lib64|libx32)(?=/)")
_FOUND = re.compile(r"(?:=> )?(/\S+) \(0x")
_LEFT_OUT = {"__pycache__", "test", "tests", "idlelib", "turtledemo", "lib2to3", "site-packages", "dist-packages"}
"""Folders of the standard library that no program needs."""
_UNCHECKED = 1
"""The flag of a compiled file that is by hash, and taken unseen."""
_AT_A_TIME = 200
_PATIENCE_S = 120
_ELF = b"\x7fELF"
_PASSWD = b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
_GROUP = b"root:x:0:\nnobody:x:65534:\n"
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def system_entries() -> dict[str, Entry]:
    """A shell, the users, certificates, and folders to write into."""
    shell = Path(shutil.which("sh") or "/bin/sh").resolve()
    entries = {
        "usr/bin/sh": Entry(shell, mode=0o755),
        "etc/passwd": Entry(content=_PASSWD),
        "etc/group": Entry(content=_GROUP),
        "root": Entry(mode=0o755),  # a Python of root's may be below it, and others run it
        "tmp": Entry(mode=0o1777),
        **{name: Entry(link=f"usr/{name}") for name in ("bin", "sbin", "lib", "lib64")},
        **{f"usr/{name}": Entry(mode=0o755) for name in ("bin", "sbin", "lib", "lib64")},
    }
    if _CERTIFICATES.is_file():
        entries["etc/ssl/certs/ca-certificates.crt"] = Entry(_CERTIFICATES)
    return {**entries, **libraries([shell])}


def python_entries(prefix: Path, version: str) -> dict[str, Entry]:
    """The Python ``version`` (``3.11``) below a prefix, with its standard library and the libraries that it loads."""
    program, folder = prefix / "bin" / f"python{version}", prefix / "lib" / f"python{version}"
    building = {path.name for path in folder.glob("config-*")}  # what extension modules are compiled against
    found = folder_entries(folder, placed(folder), _LEFT_OUT | building)
    found[placed(program)] = Entry(program.resolve(), mode=0o755)
    for name in ("python3", "python"):
        found[f"{placed(prefix / 'bin')}/{name}"] = Entry(link=program.name)
    return {**found, **libraries(entry.source for entry in found.values() if entry.source)}


def folder_entries(folder: Path, target: str, left_out: Iterable[str] = ("__pycache__",)) -> dict[str, Entry]:
    """The files of a folder as they lie below ``target``, without the folders named ``left_out``."""
    names, found = set(left_out), dict[str, Entry]()
    for at, folders, files in os.walk(folder):
        folders[:] = sorted(set(folders) - names)
        for name in files:
            path = Path(at) / name
            place = f"{target}/{path.relative_to(folder)}"
            if path.is_file():  # what a link leads to is copied; one that leads nowhere is nothing
                found[place] = Entry(path.resolve(), mode=0o755 if os.access(path, os.X_OK) else 0o644)
    return found


def libraries(files: Iterable[Path | None]) -> dict[str, Entry]:
    """The shared libraries that programs and modules load from the places of the system.

    Raises :class:`Unavailable` where one is not here.
    """
    binaries = sorted({str(file) for file in files if file is not None and _is_elf(file)})
    found: dict[str, Entry] = {}
    for first in range(0, len(binaries), _AT_A_TIME):
        command = ["ldd", *binaries[first : first + _AT_A_TIME]]
        done = run(command, cwd=Path("/"), env=machine_environment(), timeout_s=_PATIENCE_S)
        for line in done.output.splitlines() if done else ():
            if match := _FOUND.search(line):
                path = Path(match[1])
                found[placed(path)] = Entry(path.resolve(), mode=0o755)
    if binaries and not found:
        raise Unavailable("ldd, which tells what libraries a program loads, does not run here.", target="base")
    return found


def bytecode(entries: Mapping[str, Entry], version: str) -> dict[str, Entry]:
    """The compiled forms of Python files, taken as they are whatever the files' times: an image starts several times
    sooner with them. Nothing where the Python is another than this."""
    if version != own_python()[1]:
        return {}
    found: dict[str, Entry] = {}
    for path, entry in entries.items():
        if entry.source is not None and path.endswith(".py") and (code := _compiled(entry.source, path)):
            folder, _, name = path.rpartition("/")
            tag = sys.implementation.cache_tag
            found[f"{folder}/__pycache__/{name.removesuffix('.py')}.{tag}.pyc"] = Entry(content=code)
    return found


def _compiled(file: Path, path: str) -> bytes | None:
    """A compiled file that is never checked against its source; from what lies here already, where that holds."""
    source, status = file.read_bytes(), file.stat()
    stamp = struct.pack("<III", 0, int(status.st_mtime) & 0xFFFFFFFF, status.st_size & 0xFFFFFFFF)
    head = MAGIC_NUMBER + struct.pack("<I", _UNCHECKED) + source_hash(source)
    with suppress(OSError):
        cached = Path(cache_from_source(str(file))).read_bytes()
        if cached[: len(head)] == MAGIC_NUMBER + stamp:
            return head + cached[len(head) :]
    try:
        with warnings.catch_warnings(action="ignore"):
            return head + marshal.dumps(compile(source, f"/{path}", "exec", dont_inherit=True))
    except (SyntaxError, ValueError):  # a template, or for another Python
        return None


def placed(path: Path) -> str:
    """Where a path of this machine lies in an image."""
    return _MERGED.sub(r"usr/\1", str(path).lstrip("/"), count=1)


def own_python() -> tuple[Path, str]:
    """The prefix and the version of the Python that runs this."""
    return Path(sys.base_prefix), f"{sys.version_info.major}.{sys.version_info.minor}"


def _is_elf(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(4) == _ELF
    except OSError:
        return False
