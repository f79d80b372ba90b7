"""Environments: from a recipe to something on this machine that a job can run in.

A recipe says what is wanted; its hash names the folder that holds the result, so equal wishes share one environment.
A build is a plan run by the engine like any job: it survives a kill of the server and runs once however many ask.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import lazuli
from lazuli.compute import sdk
from lazuli.compute.containers import Container
from lazuli.compute.engine import Engine, Look, Phase, Plan, Stage, StageKind
from lazuli.compute.recipes import Context, Recipe, check_interpreter, conda_program, container_programs, recipe_of
from lazuli.schema.problems import Conflict, Unavailable

__all__ = ["Context", "Environments", "Realised", "Recipe", "State", "check_interpreter", "recipe_of"]

_RUNTIME = Path(lazuli.__file__).parent / "runtime"
_LOG = "user_logs/std_log.txt"
_CONTEXT = "context"
_MESSAGE_BYTES = 2000
_COMPILING = "-compile"
_BUILD_LIMIT_S = 2 * 60 * 60
_CLOSE_S = 3.0

_TOOLS = ("UV_", "PYENV_ROOT", "CONDA_", "MAMBA_", "DOCKER_", "CONTAINER", "XDG_RUNTIME_DIR")
"""The variables by which a user tells the tools of a build where to find things."""


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
    variables: Mapping[str, str] = field(default_factory=dict)
    """Set for what runs in it."""
    container: Container | None = None
    """Where it is a container image: what runs jobs in it. There is no ``python`` outside then."""


class Environments:
    """The environments of this machine, below ``root``, built by ``engine``.

    ``uv`` is the path of the uv program; by default the one installed beside the server. ``sources`` are arguments for
    it that say where packages come from; they make no environment another one.
    """

    def __init__(self, root: Path, engine: Engine, uv: str = "", sources: Sequence[str] = ()) -> None:
        self._root = root.absolute()
        self._engine = engine
        self._uv = uv
        self._sources = tuple(sources)
        self._ready: dict[str, Realised] = {}
        self._retried: set[str] = set()
        self._compiling: set[str] = set()
        self._lock = threading.Lock()

    def realise(self, recipe: Recipe) -> Realised:
        """The environment for ``recipe`` if it is ready; else its build is begun or goes on. Never waits for it.

        A failed build stays failed until :meth:`forget`; one that vanished with the machine is begun once more.
        """
        if recipe.interpreter:
            return self._realised(recipe, State.READY)
        known = self._ready.get(recipe.hash)
        if known is not None and self._ready_file(recipe).exists():
            return known
        with self._lock:
            look = self._engine.look(self.key(recipe))
            ready = self._read_ready(recipe)  # after the look: a build that is over has said all it will
            return ready or self._go_on(recipe, look)

    def retry(self, recipe: Recipe) -> Realised:
        """The same as :meth:`realise`, but a failed build is begun anew: once, however many ask at the same time."""
        if recipe.interpreter:
            return self._realised(recipe, State.READY)
        with self._lock:
            look = self._engine.look(self.key(recipe))
            if ready := self._read_ready(recipe):
                return ready
            if look.over:
                self._engine.forget(self.key(recipe))
                look = Look(Phase.ABSENT)
            return self._go_on(recipe, look)

    def forget(self, recipe: Recipe) -> None:
        """Let the next :meth:`realise` build anew. Raises :class:`Conflict` while it is being built.

        Nobody may be using the environment.
        """
        with self._lock:
            self._engine.forget(self.key(recipe))
            self._ready_file(recipe).unlink(missing_ok=True)
            self._ready.pop(recipe.hash, None)
            self._end_compiling(recipe)

    def log(self, key: str, offset: int = 0, limit: int = 1 << 20) -> bytes:
        """What a build has said from ``offset`` on; empty where nothing is kept of it."""
        return self._engine.tail(key, _LOG, offset, limit)

    def state(self, recipe: Recipe) -> State | None:
        """How far the environment is, without beginning anything; None where nobody asked for it yet."""
        look = self._engine.look(self.key(recipe))
        if recipe.interpreter or self._ready_file(recipe).exists():
            return State.READY
        if look.phase in (Phase.ABSENT, Phase.LOST):
            return None
        return State.FAILED if look.over else State.BUILDING

    def lock_of(self, recipe: Recipe) -> str:
        """What was installed, one ``name==version`` per line. Raises :class:`Conflict` before it is ready."""
        if recipe.interpreter:
            return ""
        if not self._ready_file(recipe).exists():
            raise Conflict("The environment is not ready.", target="environment", mend="Wait until it is built.")
        return (self._home(recipe) / "requirements.lock.txt").read_text(encoding="utf-8")

    def keys(self) -> list[str]:
        """The keys of builds that the engine holds: known work, no orphans."""
        return [key for key in self._engine.orphans(()) if key.startswith("env-")]

    def resume(self) -> None:
        """Go on compiling what a former server left half compiled."""
        for key in self._compile_keys():
            home = self._root / key.removeprefix("env-").removesuffix(_COMPILING)
            if (home / "ready.json").exists():
                self._start_compiling(home, key)

    def close(self) -> None:
        """End all compiling, which :meth:`resume` goes on with; builds go on, for there are jobs that wait for them."""
        running = [key for key in self._compile_keys() if not self._engine.look(key).over]
        for key in running:
            self._engine.stop(key)
        until = time.monotonic() + _CLOSE_S
        while any(not self._engine.look(key).over for key in running) and time.monotonic() < until:
            time.sleep(0.01)

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
            self._end_compiling(recipe)
            self._engine.start(self._plan(recipe), key)
            return self._realised(recipe, State.BUILDING)
        if not look.over:
            return self._realised(recipe, State.BUILDING)
        said = self._engine.tail(key, _LOG, -_MESSAGE_BYTES).decode(errors="replace").strip()
        return self._realised(recipe, State.FAILED, message=said or look.message)

    def _plan(self, recipe: Recipe) -> Plan:
        key = self.key(recipe)
        files = recipe.image.files if recipe.image else ()
        context = [Stage(StageKind.COPY, f"{_CONTEXT}/{name}", source) for name, source in files]
        spec = json.dumps(self._spec(recipe, str(self._engine.folder(key) / _CONTEXT)))
        return Plan(
            command=(sys.executable, "-I", "-S", str(_RUNTIME / "build.py"), "recipe.json"),
            env={name: value for name, value in os.environ.items() if name.startswith(_TOOLS)},
            stage=(*context, Stage(StageKind.TEXT, "recipe.json", content=spec)),
            timeout_s=_BUILD_LIMIT_S,
            log=_LOG,
        )

    def _spec(self, recipe: Recipe, context: str) -> dict[str, Any]:
        """What ``runtime/build.py`` is told."""
        image = recipe.image
        return {
            "home": str(self._home(recipe)),
            "needs": recipe.needs,
            "uv": self._uv or _uv_program(),
            "python": recipe.python,
            "requirements": recipe.requirements,
            "options": recipe.options,
            "sources": [*_beside(self._sources, recipe.options), *_own_wheels(recipe.requirements)],
            "sdk": sdk.stand_in(),
            "server_python": str(Path(sys.base_prefix) / "bin"),
            "conda": recipe.conda and {"program": conda_program(), "file": recipe.conda},
            "container": image
            and {
                "programs": container_programs(),
                "image": image.name,
                "dockerfile": image.dockerfile,
                "context": context,
            },
        }

    def _compile(self, recipe: Recipe) -> None:
        """Byte-compile a new environment while its first jobs run, unless that was done or is being done."""
        if not recipe.requirements or recipe.hash in self._compiling:
            return
        self._compiling.add(recipe.hash)
        self._start_compiling(self._home(recipe), self._compile_key(recipe))

    def _start_compiling(self, home: Path, key: str) -> None:
        if (home / "compiled").exists():
            return
        if self._engine.look(key).over:  # it was stopped before it was done
            self._engine.forget(key)
        command = (sys.executable, "-I", "-S", str(_RUNTIME / "compile.py"), str(home))
        self._engine.start(Plan(command=command, timeout_s=_BUILD_LIMIT_S, grace_s=1), key)

    def _end_compiling(self, recipe: Recipe) -> None:
        self._compiling.discard(recipe.hash)
        key = self._compile_key(recipe)
        self._engine.stop(key)
        with suppress(Conflict):  # it ends in a moment; then the environment made anew is compiled by its use alone
            self._engine.forget(key)

    def _compile_key(self, recipe: Recipe) -> str:
        return f"{self.key(recipe)}{_COMPILING}"

    def _compile_keys(self) -> list[str]:
        return [key for key in self.keys() if key.endswith(_COMPILING)]

    def _read_ready(self, recipe: Recipe) -> Realised | None:
        try:
            said = json.loads(self._ready_file(recipe).read_bytes())
        except FileNotFoundError:
            return None
        container = Container.from_json(said["container"]) if said.get("container") else None
        ready = self._realised(recipe, State.READY, python_version=said["python_version"], container=container)
        self._ready[recipe.hash] = ready
        if container is None:
            self._compile(recipe)
        return ready

    def _realised(self, recipe: Recipe, state: State, **facts: Any) -> Realised:
        prefix = self._home(recipe) / "venv"
        variables = dict(recipe.variables) | ({"CONDA_PREFIX": str(prefix)} if recipe.conda else {})
        python = prefix / "bin" / "python"
        if recipe.interpreter:
            python = Path(recipe.interpreter)
            prefix = python.parent.parent
        return Realised(state, prefix, python, self.key(recipe), variables=variables, **facts)

    def _home(self, recipe: Recipe) -> Path:
        return self._root / recipe.hash

    def _ready_file(self, recipe: Recipe) -> Path:
        return self._home(recipe) / "ready.json"


def _beside(sources: Sequence[str], options: Sequence[str]) -> list[str]:
    """The ``sources`` that count beside the options of a recipe: an index that the user names replaces ours."""
    names_index = any(option.startswith(("--index-url", "--no-index")) for option in options)
    return [source for source in sources if not (names_index and source.startswith("--default-index"))]


def _own_wheels(requirements: Sequence[str]) -> list[str]:
    return [f"--find-links={sdk.WHEELS}"] if sdk.wants(requirements) else []


def _uv_program() -> str:
    import uv

    try:
        return uv.find_uv_bin()
    except FileNotFoundError:
        raise Unavailable(
            "uv, which builds environments, is not installed.", mend="Install it: pip install 'lazuli-ml[server]'."
        ) from None
