"""The contract every engine keeps: five verbs over keys, and the plan that says what to run.

A *key* names one piece of work for ever. An engine never starts a key twice, so after a crash the caller simply
repeats :meth:`Engine.start` and asks :meth:`Engine.look`. Work that is to run again gets a new key.
An engine is proven by :class:`lazuli.compute.contract.EngineContract`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from lazuli.schema.problems import InvalidInput
from lazuli.store.paths import clean

__all__ = ["Engine", "Look", "Phase", "Plan", "Process", "Reason", "Served", "Stage", "StageKind", "check_key"]


class StageKind(StrEnum):
    """How something is laid into the work folder before the command starts."""

    FOLDER = "folder"
    """An empty folder."""
    TEXT = "text"
    """A file with the given content."""
    LINK = "link"
    """A read-only file, or such files for all below a folder, as cheap as is safe: the source must never change."""
    COPY = "copy"
    """A writable copy of a file or a folder."""
    ALIAS = "alias"
    """A second name for a folder of the work folder: ``source`` is relative to it, and need not be there yet."""


@dataclass(frozen=True)
class Stage:
    """One thing laid into the work folder: ``target`` is relative to it, ``source`` absolute but for an alias."""

    kind: StageKind
    target: str
    source: str = ""
    content: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", StageKind(self.kind))
        object.__setattr__(self, "target", clean(self.target, target="stage.target"))
        if self.kind is StageKind.ALIAS:
            object.__setattr__(self, "source", clean(self.source, target="stage.source"))


@dataclass(frozen=True)
class Process:
    """One of several processes that a plan runs side by side. What it leaves out is the plan's.

    In its variables ``<port NAME>`` and ``<token NAME>`` stand for a free TCP port of the machine and for a word that
    nobody can guess: found when the plan starts, and the same in all its processes.
    """

    name: str
    """What a user calls it: ``rank 1``."""
    log: str
    """Where its stdout and stderr go, relative to the work folder."""
    command: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables over the plan's."""
    cwd: str = ""
    waited_for: bool = True
    """Whether the work goes on until it ends; what is not waited for is ended with the work."""
    needed: bool = True
    """Whether its failure is the work's."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "log", clean(self.log, target="log"))
        if self.cwd and self.cwd != ".":
            object.__setattr__(self, "cwd", clean(self.cwd, target="cwd"))

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Process:
        """The process that was written as plain JSON values."""
        given: dict[str, Any] = {**value, "command": tuple(value["command"])}
        return cls(**given)


@dataclass(frozen=True)
class Plan:
    """What to run: plain data that survives JSON. ``engine.folder(key)`` gives the absolute work folder beforehand."""

    command: tuple[str, ...]
    """The program and its arguments; no shell is put between."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables of the process, over a clean environment of the machine."""
    path: tuple[str, ...] = ()
    """Folders put before the machine's PATH."""
    stage: tuple[Stage, ...] = ()
    """What is laid into the work folder before the start, in this order."""
    cwd: str = "."
    """Where the command starts, relative to the work folder; made if missing."""
    timeout_s: float = 0
    """Seconds after which the work is stopped; 0 for no limit."""
    grace_s: float = 10
    """Seconds between SIGTERM and SIGKILL when the work is stopped."""
    log: str = "user_logs/std_log.txt"
    """Where stdout and stderr go, merged, relative to the work folder."""
    processes: tuple[Process, ...] = ()
    """What runs side by side instead of the one command. The work fails with the first that is needed and fails, and
    the others are ended then; it is completed when all that are waited for have ended well."""
    clearing: tuple[tuple[str, ...], ...] = ()
    """Commands that are run once nothing else of it runs any more, however it ended; what they say is not kept."""

    def __post_init__(self) -> None:
        if not self.command:
            raise InvalidInput("A plan needs a command.", target="command")
        object.__setattr__(self, "log", clean(self.log, target="log"))
        if self.cwd != ".":
            object.__setattr__(self, "cwd", clean(self.cwd, target="cwd"))
        if self.processes and not any(process.waited_for and process.needed for process in self.processes):
            raise InvalidInput("A plan needs a process that is waited for.", target="processes")

    def to_json(self) -> dict[str, Any]:
        """The plan as plain JSON values."""
        return asdict(self) | {"env": dict(self.env)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Plan:
        """The plan that :meth:`to_json` wrote."""
        stage = tuple(Stage(**item) for item in value["stage"])
        processes = tuple(Process.from_json(item) for item in value["processes"])
        given: dict[str, Any] = {**value, "command": tuple(value["command"]), "path": tuple(value["path"])}
        clearing = tuple(tuple(command) for command in value.get("clearing", ()))
        return cls(**given | {"stage": stage, "processes": processes, "clearing": clearing})


class Phase(StrEnum):
    """How far a piece of work is."""

    ABSENT = "absent"
    """Nothing was ever run under this key here: ``start`` may be (re)called."""
    STARTING = "starting"
    """Claimed and being staged; the user's process does not run yet."""
    RUNNING = "running"
    """The user's process runs."""
    EXITED = "exited"
    """It is over and nothing of it runs any more; ``reason`` and ``exit_code`` tell how it went."""
    LOST = "lost"
    """It was begun, and vanished without leaving a result. Nothing of it runs any more."""


class Reason(StrEnum):
    """Why a piece of work is over."""

    COMPLETED = "completed"
    FAILED = "failed"
    TIMEOUT = "timeout"
    STOPPED = "stopped"
    SETUP = "setup"
    """It never started, because something could not be laid into its work folder."""


@dataclass(frozen=True)
class Served:
    """What became of the names that a plan's processes have in common, and of those that are not needed."""

    ports: Mapping[str, int] = field(default_factory=dict)
    """The port behind each ``<port NAME>``."""
    tokens: Mapping[str, str] = field(default_factory=dict)
    """The word behind each ``<token NAME>``."""
    ended: Mapping[str, str] = field(default_factory=dict)
    """Why each process that is not needed and no longer runs has ended."""


@dataclass(frozen=True)
class Look:
    """What an engine knows about a key at this moment. Times are milliseconds since 1970."""

    phase: Phase
    exit_code: int | None = None
    """Of the user's process; negative for the signal that killed it."""
    reason: Reason | None = None
    message: str = ""
    started_at_ms: int | None = None
    """When the user's process started."""
    ended_at_ms: int | None = None
    seen_at_ms: int | None = None
    """The last sign of life while it runs."""
    served: Served | None = None
    """While it runs and has several processes."""

    @property
    def over(self) -> bool:
        """Whether nothing of it runs any more and nothing will."""
        return self.phase in (Phase.EXITED, Phase.LOST)


_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


def check_key(key: str) -> str:
    """``key`` if it can name a piece of work: letters, digits, ``.``, ``_``, ``-``. Raises :class:`InvalidInput`."""
    if not _KEY.fullmatch(key):
        raise InvalidInput(f"'{key[:200]}' cannot name a piece of work.", target="key")
    return key


class Engine(ABC):
    """Runs plans under keys. Every verb may be called from any thread, at any time, and repeated."""

    @abstractmethod
    def start(self, plan: Plan, key: str) -> None:
        """Run ``plan`` under ``key``; does nothing if ``key`` was begun before, whatever became of it.

        Returns before staging is over. A mistake in the plan is told by :meth:`look`, not raised.
        """

    @abstractmethod
    def look(self, key: str) -> Look:
        """What is known about ``key`` now; cheap enough to be asked often."""

    @abstractmethod
    def stop(self, key: str) -> None:
        """Ask the whole process tree to end (SIGTERM), then kill it after the plan's grace. Returns at once."""

    @abstractmethod
    def tail(self, key: str, file: str, offset: int = 0, limit: int = 1 << 20) -> bytes:
        """At most ``limit`` bytes of ``file`` in the work folder from ``offset``; a negative one counts from the end.

        Empty where there is no such file (yet). Raises :class:`InvalidInput` for a path outside the work folder.
        """

    @abstractmethod
    def orphans(self, known: Collection[str]) -> list[str]:
        """The keys this engine holds something for, running or over, that are not in ``known``."""

    @abstractmethod
    def forget(self, key: str) -> None:
        """Remove all that is kept for ``key``. Raises :class:`Conflict` while it runs; an unknown key is no error."""

    @abstractmethod
    def folder(self, key: str) -> Path:
        """The absolute work folder of ``key``, told before it starts, so that a plan can name paths in it.

        Its path has letters, digits and ``/._-`` alone: it may stand in a command line, in quotes or without.
        """
