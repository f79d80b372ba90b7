"""Warm Pythons: for each environment that ran a job, a process with that job's imports loaded, forked for the next.

Imports are what a user waits for: a second and more for scikit-learn, milliseconds for a fork. A warm Python is started
when a job has ended, so that it never competes with the one it learned from, and gives itself up after a while
without work. It is work of the engine like any other, and so survives the server.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import socket
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from lazuli.compute.engine import Engine, Phase, Plan
from lazuli.compute.environments import Realised

__all__ = ["Warm", "imports_in", "shim_for"]

INSIDE = Path(__file__).resolve().parent.parent / "runtime" / "inside"
_MAX_SHEBANG = 250
_OWN = ("AZUREML_", "AZURE_ML_", "AZ_BATCH", "LAZULI_", "MLFLOW_TRACKING_", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_")
_MAX_SOURCE = 1 << 20


class Warm:
    """The warm Pythons of this machine, at most ``limit`` of them; the one used longest ago goes first."""

    def __init__(self, engine: Engine, limit: int = 2) -> None:
        self._engine = engine
        self._limit = limit
        self._imports: dict[Path, set[str]] = {}
        self._used: dict[str, None] = {}  # the keys, the one used last at the end
        self._lock = threading.Lock()

    def folder(self, environment: Realised, variables: Mapping[str, str]) -> Path:
        """Where a warm Python listens for a job with these variables, if there is one then."""
        with self._lock:
            key = self._key(environment, variables)
            if key in self._used:
                self._used[key] = self._used.pop(key)
        return self._engine.folder(key)

    def keep(self, environment: Realised, variables: Mapping[str, str], imports: Iterable[str]) -> None:
        """Have a warm Python for the next job like one that has just ended, which imports ``imports``."""
        if self._limit <= 0:
            return
        with self._lock:
            known = self._imports.setdefault(environment.prefix, set())
            known |= set(imports)
            if not known:
                return
            key = self._key(environment, variables)
            if key in self._used and self._engine.look(key).phase in (Phase.STARTING, Phase.RUNNING):
                return
            if self._engine.look(key).over:
                self._engine.forget(key)
            self._engine.start(self._plan(environment, variables, sorted(known), self._engine.folder(key)), key)
            self._used[key] = None
            for oldest in list(self._used)[: -self._limit]:
                self._used.pop(oldest)
                self._retire(oldest)

    def keys(self) -> list[str]:
        """The keys of warm Pythons that the engine holds: known work, no orphans."""
        return [key for key in self._engine.orphans(()) if key.startswith("warm-")]

    def close(self) -> None:
        """Retire all of them, those of a former server too; the programs they run go on."""
        for key in self.keys():
            self._retire(key)

    def _retire(self, key: str) -> None:
        """Tell it to take no more programs and to end after the last; one that is over already stays so."""
        with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            # An address has 108 bytes, a path may have more: by descriptor it is short.
            handle = os.open(self._engine.folder(key), os.O_RDONLY)
            try:
                connection.settimeout(1)
                connection.connect(f"/proc/self/fd/{handle}/socket")
                connection.sendall(bytes(4))
            finally:
                os.close(handle)

    def _key(self, environment: Realised, variables: Mapping[str, str]) -> str:
        imports = sorted(self._imports.get(environment.prefix, ()))
        text = json.dumps([str(environment.prefix), sorted(_fixed(variables).items()), imports])
        return f"warm-{hashlib.sha256(text.encode()).hexdigest()[:24]}"

    def _plan(self, environment: Realised, variables: Mapping[str, str], imports: list[str], folder: Path) -> Plan:
        return Plan(
            command=(str(environment.python), "-u", str(INSIDE / "warm.py"), str(folder), *imports),
            env=_fixed(variables),
            path=(str(environment.prefix / "bin"),),
            log="warm.log",
        )


def shim_for(environment: Realised) -> str | None:
    """The program that stands for ``python`` in a job, or None where the environment's path is too long for one."""
    first = f"#!{environment.python} -IS\n"
    if len(first) >= _MAX_SHEBANG or " " in str(environment.python):
        return None
    return first + (INSIDE / "shim.py").read_text(encoding="utf-8")


def imports_in(sources: Iterable[tuple[str, Path]]) -> set[str]:
    """The modules that Python files import, by reading them: ``(relative name, file)`` each.

    Modules that lie among the sources themselves are left out, and so are files that cannot be read as Python.
    """
    found: set[str] = set()
    own: set[str] = set()
    for name, file in sources:
        own |= {part.partition(".")[0] for part in Path(name).parts}
        if name.endswith(".py") and file.stat().st_size <= _MAX_SOURCE:
            with suppress(SyntaxError, ValueError, RecursionError):
                found |= _imported(ast.parse(file.read_bytes()))
    return {module for module in found if module.partition(".")[0] not in own}


def _imported(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names if alias.name != "*"}
    return found


def _fixed(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables that a warm Python must share with the jobs it serves."""
    return {name: value for name, value in variables.items() if not name.startswith(_OWN)}
