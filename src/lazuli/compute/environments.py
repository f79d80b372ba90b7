"""Environments: from what a user writes (image, conda file) to an interpreter on this machine.

A recipe says what is wanted; its hash names the folder that holds the result, so equal wishes share one environment.
A build is a plan run by the engine like any job: it survives a kill of the server and runs once however many ask.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import lazuli
from lazuli.compute import conda as conda_files
from lazuli.compute import curated
from lazuli.compute.engine import Engine, Look, Phase, Plan, Stage, StageKind
from lazuli.schema.problems import Conflict, Unavailable, Unsupported

__all__ = ["Environments", "Realised", "Recipe", "State", "recipe_of"]

_BUILD = Path(lazuli.__file__).parent / "runtime" / "build.py"
_LOG = "user_logs/std_log.txt"
_MESSAGE_BYTES = 2000
_BUILD_LIMIT_S = 2 * 60 * 60


@dataclass(frozen=True)
class Recipe:
    """What an environment is made of. Equal recipes give the same environment."""

    python: str
    """``3.10`` (any 3.10.x), ``3.10.13`` (exactly) or a range."""
    requirements: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    """Arguments for ``uv pip install``."""
    base: str = field(default="", compare=False)
    """Where it comes from, to tell the user: an image, or nothing."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "requirements", tuple(sorted(set(self.requirements))))

    @property
    def hash(self) -> str:
        """The name of what comes out."""
        said = json.dumps([1, self.python, self.requirements, self.options])
        return hashlib.sha256(said.encode()).hexdigest()[:24]


def recipe_of(image: str | None = None, conda: Mapping[str, Any] | str | None = None, build: object = None) -> Recipe:
    """The recipe for an environment as the user wrote it; with nothing given, the server's own Python and no packages.

    A conda file stands on its own, as in Azure: packages of the image are not seen from it.
    Raises :class:`Unsupported` (or what a conda file is told) for what cannot be had here, with the mend.
    """
    if build:
        raise Unsupported(
            "Building an image from a Dockerfile needs a container engine, and there is none here.",
            target="environment.build",
            mend="Use 'conda_file', with 'image' if a base matters.",
        )
    base = curated.of_image(image) if image else curated.Base()
    if base is None and not conda:
        raise Unsupported(
            f"The image '{image}' cannot run here, because there is no container engine.",
            target="environment.image",
            mend="Add a 'conda_file' that lists its Python packages, or use 'python:3.11' or a curated environment: "
            f"{', '.join(curated.NAMES)}.",
        )
    base = base or curated.Base()
    if conda:
        spec = conda_files.parse(conda)
        return Recipe(spec.python or base.python or _own_version(), spec.requirements, spec.options, image or "")
    return Recipe(base.python or _own_version(), base.requirements, (), image or "")


def _own_version() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


class State(StrEnum):
    """How far an environment is."""

    READY = "ready"
    BUILDING = "building"
    FAILED = "failed"


@dataclass(frozen=True)
class Realised:
    """An environment, or how far it is."""

    state: State
    prefix: Path
    """The virtual environment; ``prefix / "bin"`` belongs at the front of a job's PATH."""
    python: Path
    log_key: str
    """The key under which the engine's ``tail`` shows the build's log."""
    message: str = ""
    """Why the build failed, in uv's own words."""
    python_version: str = ""


class Environments:
    """The environments of this machine, below ``root``, built by ``engine``.

    ``uv`` is the path of the uv program; by default the one installed beside the server.
    """

    def __init__(self, root: Path, engine: Engine, uv: str = "") -> None:
        self._root = root.absolute()
        self._engine = engine
        self._uv = uv
        self._ready: dict[str, Realised] = {}
        self._retried: set[str] = set()
        self._lock = threading.Lock()

    def realise(self, recipe: Recipe) -> Realised:
        """The environment for ``recipe`` if it is ready; else its build is begun or goes on. Never waits for it.

        A failed build stays failed until :meth:`forget`; one that vanished with the machine is begun once more.
        """
        known = self._ready.get(recipe.hash)
        if known is not None and self._ready_file(recipe).exists():
            return known
        with self._lock:
            look = self._engine.look(self.key(recipe))
            ready = self._read_ready(recipe)  # after the look: a build that is over has said all it will
            return ready or self._go_on(recipe, look)

    def forget(self, recipe: Recipe) -> None:
        """Let the next :meth:`realise` build anew. Raises :class:`Conflict` while it is being built.

        Nobody may be using the environment.
        """
        with self._lock:
            self._engine.forget(self.key(recipe))
            self._ready_file(recipe).unlink(missing_ok=True)
            self._ready.pop(recipe.hash, None)

    def lock_of(self, recipe: Recipe) -> str:
        """What was installed, one ``name==version`` per line. Raises :class:`Conflict` before it is ready."""
        if not self._ready_file(recipe).exists():
            raise Conflict("The environment is not ready.", target="environment", mend="Wait until it is built.")
        return (self._home(recipe) / "requirements.lock.txt").read_text(encoding="utf-8")

    def keys(self) -> list[str]:
        """The keys of builds that the engine holds: known work, no orphans."""
        return [key for key in self._engine.orphans(()) if key.startswith("env-")]

    @staticmethod
    def key(recipe: Recipe) -> str:
        """The key under which the engine builds ``recipe``."""
        return f"env-{recipe.hash}"

    def _go_on(self, recipe: Recipe, look: Look) -> Realised:
        key = self.key(recipe)
        vanished = look.phase == Phase.LOST and key not in self._retried
        removed = look.exit_code == 0  # built once, and somebody deleted the folder since
        if vanished or removed:
            self._retried.add(key)
            self._engine.forget(key)
        if vanished or removed or look.phase == Phase.ABSENT:
            self._engine.start(self._plan(recipe), key)
            return self._realised(recipe, State.BUILDING)
        if not look.over:
            return self._realised(recipe, State.BUILDING)
        said = self._engine.tail(key, _LOG, -_MESSAGE_BYTES).decode(errors="replace").strip()
        return self._realised(recipe, State.FAILED, message=said or look.message)

    def _plan(self, recipe: Recipe) -> Plan:
        spec = {
            "uv": self._uv or _uv_program(),
            "home": str(self._home(recipe)),
            "python": recipe.python,
            "requirements": recipe.requirements,
            "options": recipe.options,
            "server_python": str(Path(sys.base_prefix) / "bin"),
        }
        return Plan(
            command=(sys.executable, "-I", "-S", str(_BUILD), "recipe.json"),
            env={name: value for name, value in os.environ.items() if name.startswith(("UV_", "PYENV_ROOT"))},
            stage=(Stage(StageKind.TEXT, "recipe.json", content=json.dumps(spec)),),
            timeout_s=_BUILD_LIMIT_S,
            log=_LOG,
        )

    def _read_ready(self, recipe: Recipe) -> Realised | None:
        try:
            said = json.loads(self._ready_file(recipe).read_bytes())
        except FileNotFoundError:
            return None
        ready = self._realised(recipe, State.READY, python_version=said["python_version"])
        self._ready[recipe.hash] = ready
        return ready

    def _realised(self, recipe: Recipe, state: State, message: str = "", python_version: str = "") -> Realised:
        prefix = self._home(recipe) / "venv"
        return Realised(state, prefix, prefix / "bin" / "python", self.key(recipe), message, python_version)

    def _home(self, recipe: Recipe) -> Path:
        return self._root / recipe.hash

    def _ready_file(self, recipe: Recipe) -> Path:
        return self._home(recipe) / "ready.json"


def _uv_program() -> str:
    import uv

    try:
        return uv.find_uv_bin()
    except FileNotFoundError:
        raise Unavailable(
            "uv, which builds environments, is not installed.", mend="Install it: pip install 'lazuli-ml[server]'."
        ) from None
