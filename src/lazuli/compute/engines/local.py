"""The engine of this machine: one folder and one detached runner per key.

The server may be killed and come back at any moment. All it needs to know lies in the folder: a file lock that the
runner holds while it lives (handed over at the start, so that there is no moment without a holder), ``runner.json``
once it began, ``exit.json`` once it is over.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

import lazuli
from lazuli.compute import spawn
from lazuli.compute.engine import Engine, Look, Phase, Plan, Reason, Served, check_key
from lazuli.compute.engines.spare import Spare
from lazuli.schema.problems import Conflict, Unavailable
from lazuli.store.paths import inside

__all__ = ["LocalEngine"]

_RUNNER = Path(lazuli.__file__).parent / "runtime" / "runner.py"
_CLAIM_PATIENCE_S = 10.0
_PLAIN = re.compile(r"[\w./-]+", re.ASCII)
_LINKS = Path("/var/tmp")  # noqa: S108  (a link there is used only where it is ours)
_VANISHED = "It vanished without a result: it was killed, or the machine went down."


class LocalEngine(Engine):
    """Runs plans on this machine, under ``root``. A new one over the same ``root`` finds what the last one started.

    ``on_exit`` is called with the key, on a thread of its own, as soon as a runner is gone.
    """

    def __init__(self, root: Path, python: str = sys.executable, on_exit: Callable[[str], None] | None = None) -> None:
        self._root = root.absolute()
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._runner = [python, "-I", "-S", str(_RUNNER)]
        self._spare = Spare(self._runner, self._root)
        self.on_exit = on_exit
        self._starting = threading.Lock()
        self._swept: set[str] = set()
        for rest in self._root.glob(".forgotten-*"):
            _remove(rest)
        for key in self.orphans(()):
            if _held(self._home(key)):
                self._watch(key, None)

    def folder(self, key: str) -> Path:
        """The absolute work folder of ``key``, by a path of letters, digits and ``/._-`` wherever ``root`` lies."""
        check_key(key)
        return _plain(self._root) / key / "work"

    def start(self, plan: Plan, key: str) -> None:
        """Run ``plan`` under ``key``; does nothing if ``key`` was begun before."""
        home = self._home(key)
        with self._starting:
            (home / "work").mkdir(parents=True, exist_ok=True)
            lock = _claim(home)
            if lock is None:
                return
            try:
                _write_json(home / "plan.json", plan.to_json())
                process = self._spare.take(home, lock) or self._started(home, lock)
            except OSError as error:
                raise Unavailable(f"No process could be started: {error.strerror}.", target=key) from error
            finally:
                os.close(lock)
        self._watch(key, process)

    def _started(self, home: Path, lock: int) -> spawn.Process:
        """A new runner for a folder, which holds its lock."""
        return spawn.detached(
            [*self._runner, str(home), str(lock)],
            cwd=home,
            env=spawn.machine_environment(),
            output=home / "runner.log",
            keep=[lock],
        )

    def look(self, key: str) -> Look:
        """What is known about ``key`` now."""
        home = self._home(key)
        ended = _read_json(home / "exit.json")
        if ended is None and _held(home):
            return _alive(home)
        # it may have ended between the two questions above
        ended = ended or _read_json(home / "exit.json")
        if ended is not None:
            return Look(
                Phase.EXITED,
                exit_code=ended.get("exit_code"),
                reason=Reason(ended["reason"]),
                message=ended["message"],
                started_at_ms=ended.get("started_at_ms"),
                ended_at_ms=ended["ended_at_ms"],
            )
        if not _began(home) and not _size(home / "runner.log"):
            return Look(Phase.ABSENT)
        self._sweep(key)
        started = _read_json(home / "started.json") or {}
        return Look(Phase.LOST, message=_VANISHED, started_at_ms=started.get("started_at_ms"))

    def stop(self, key: str) -> None:
        """Ask the whole process tree to end, then kill it after the plan's grace."""
        home = self._home(key)
        if not home.exists() or (home / "exit.json").exists():
            return
        # The file is for a runner that cannot be signalled yet, the signal spares the wait until it looks.
        (home / "stop").touch()
        runner = _read_json(home / "runner.json")
        if not runner:
            return
        try:
            handle = os.pidfd_open(runner["pid"])
        except ProcessLookupError:
            return
        try:
            if _held(home):  # the runner lives, so the number was not reused and the handle is its own
                signal.pidfd_send_signal(handle, signal.SIGTERM)
        except ProcessLookupError:
            pass  # it ended by itself
        finally:
            os.close(handle)

    def tail(self, key: str, file: str, offset: int = 0, limit: int = 1 << 20) -> bytes:
        """At most ``limit`` bytes of ``file`` from ``offset``; a negative one counts from the end."""
        path = inside(self._home(key) / "work", file, target="file")
        if not path.is_file():  # a pipe or device that the job made would block the reader
            return b""
        with path.open("rb") as stream:
            stream.seek(offset if offset >= 0 else max(0, stream.seek(0, os.SEEK_END) + offset))
            return stream.read(limit)

    def orphans(self, known: Collection[str]) -> list[str]:
        """The keys with a folder here that are not in ``known``."""
        names = {entry.name for entry in os.scandir(self._root) if not entry.name.startswith(".")}
        return sorted(names.difference(known))

    def forget(self, key: str) -> None:
        """Remove the folder of ``key``. Raises :class:`Conflict` while it runs."""
        home = self._home(key)
        with self._starting:
            if self.look(key).phase in (Phase.STARTING, Phase.RUNNING):
                raise Conflict("It is still running.", target=key, mend="Stop it first.")
            rest = self._root / f".forgotten-{key}-{time.monotonic_ns()}"
            try:
                home.rename(rest)  # so that a half-removed folder is never taken for work
            except FileNotFoundError:
                return
            self._swept.discard(key)
        _remove(rest)

    def _home(self, key: str) -> Path:
        return self._root / check_key(key)

    def _watch(self, key: str, process: spawn.Process | None) -> None:
        threading.Thread(target=self._await_end, args=(key, process), name=f"await {key}", daemon=True).start()

    def _await_end(self, key: str, process: spawn.Process | None) -> None:
        """Sleep until the runner is gone: as its parent (which also buries it), else as the next holder of its lock."""
        if process is not None:
            process.wait()
        else:
            with suppress(FileNotFoundError), (self._home(key) / "lock").open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH)
        if self.on_exit is not None:
            self.on_exit(key)
        self._spare.prepare()

    def _sweep(self, key: str) -> None:
        """Kill what a vanished runner left behind, once, before anybody is told that the work is lost."""
        if key not in self._swept:
            spawn.kill_marked(self._home(key) / "work")
            self._swept.add(key)


def _plain(root: Path) -> Path:
    """``root``, or where its path could not stand in a command line, a link to it that can."""
    if _PLAIN.fullmatch(str(root)):
        return root
    link = _LINKS / f"lazuli-{os.getuid()}-{hashlib.sha256(bytes(root)).hexdigest()[:16]}"
    with suppress(FileExistsError):
        link.symlink_to(root)  # asked for each time: somebody may tidy up that folder
    if not link.is_symlink() or link.lstat().st_uid != os.getuid() or link.readlink() != root:
        raise Unavailable(
            f"'{link}' is in the way: it is to lead to the server's data.", mend="Remove it, or move the data folder."
        )
    return link


def _claim(home: Path) -> int | None:
    """The lock of a key that was never begun, as an open descriptor; ``None`` if it was begun.

    Who only looks holds the lock for an instant, and who starts it in another process until its runner has begun:
    both are waited for.
    """
    lock = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + _CLAIM_PATIENCE_S
    while not _began(home) and time.monotonic() < deadline:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.002)
            continue
        if not _began(home):
            return lock
    os.close(lock)
    return None


def _held(home: Path) -> bool:
    """Whether a runner holds the lock. Asked with a shared lock, so that two who ask do not see each other."""
    try:
        lock = os.open(home / "lock", os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(lock)


def _began(home: Path) -> bool:
    return (home / "runner.json").exists()


def _alive(home: Path) -> Look:
    started = _read_json(home / "started.json")
    try:
        seen = (home / "heartbeat").stat().st_mtime_ns // 1_000_000
    except FileNotFoundError:
        seen = None
    if started is None:
        return Look(Phase.STARTING, seen_at_ms=seen)
    served = Served(**started["served"]) if "served" in started else None
    return Look(Phase.RUNNING, started_at_ms=started["started_at_ms"], seen_at_ms=seen, served=served)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def _read_json(file: Path) -> dict[str, Any] | None:
    """What the file says; ``None`` if it is missing or (``runner.json`` alone) still being written."""
    try:
        return json.loads(file.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def _write_json(file: Path, value: dict[str, Any]) -> None:
    part = file.with_suffix(".part")
    part.unlink(missing_ok=True)
    part.touch(0o600, exist_ok=False)  # it may hold tokens: nobody else may read it
    part.write_text(json.dumps(value), encoding="utf-8")
    part.replace(file)


def _remove(folder: Path) -> None:
    """Remove a folder for good, also where its owner was not allowed to write in parts of it."""
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        return
    for path, _, _ in os.walk(folder):
        Path(path).chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
