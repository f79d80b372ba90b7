"""What of the package ``azureml`` the tests run: its functions with the words they are given, and what is read.

``python -m tools.v1_coverage --record`` switches it on. Only what a test that passes does is kept.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import os
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from tests.azureml.watching import Watch
from tools.v1_names import function_of, index, is_ours, key, modules, resolve

TESTS = str(Path(__file__).parent)
INSIDE = Path(__file__).parent / "inside"
ROOT = Path(__file__).parents[2]


class Recorder:
    """A plugin of pytest that writes down what runs."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._kept: dict[str, set[str]] = defaultdict(set)
        self._watch = Watch()
        self._now = self._watch.seen
        self._told = tempfile.TemporaryDirectory()
        self._files: set[Path] = set()
        modules()
        for found in index().values():
            for each in found:
                if inspect.isclass(each) and not any(is_ours(base) for base in each.__mro__[1:]):
                    self._look_at(each)
        self._watch.begin()

    @property
    def variables(self) -> dict[str, str]:
        """What a job of this Python is started with, so that it tells what it runs."""
        return {"LAZULI_V1_SEEN": self._told.name, "PYTHONPATH": os.pathsep.join([str(INSIDE), str(ROOT)])}

    def pytest_runtest_setup(self) -> None:
        """Begin to watch, also where a debugger stopped it."""
        self._watch.begin()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what a test did that passed."""
        if report.when != "call":
            return
        for file in Path(self._told.name).iterdir():
            for name, words in json.loads(file.read_text(encoding="utf-8")).items():
                self._now[name] |= set(words)
            file.unlink()
        if report.passed:
            for name, words in list(self._now.items()):
                self._kept[name] |= words
            self._files.add(Path(TESTS) / Path(report.location[0]).name)
        self._now.clear()

    def pytest_sessionfinish(self) -> None:
        """Write the record, sorted."""
        self._watch.end()
        self._told.cleanup()
        for file in self._files:
            for name in _named_in(file):
                self._kept[name] |= set()
        said = {name: sorted(self._kept[name]) for name in sorted(self._kept) if _is_shown(name)}
        lines = (f"  {json.dumps(name)}: {json.dumps(words)}" for name, words in said.items())
        self._target.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")

    def _look_at(self, owner: type) -> None:
        """Write down the attributes that tests read, and set, on instances."""
        read: Any = owner.__getattribute__
        write: Any = owner.__setattr__

        def reads(this: Any, name: str) -> Any:
            if not name.startswith("__") and sys._getframe(1).f_code.co_filename.startswith(TESTS):
                kind = type(this)
                if function_of(inspect.getattr_static(kind, name, None)) is None and is_ours(kind):
                    read(this, name)
                    self._now[f"{key(kind)}.{name}"] |= set()
            return read(this, name)

        def writes(this: Any, name: str, value: Any) -> None:
            write(this, name, value)
            if sys._getframe(1).f_code.co_filename.startswith(TESTS) and is_ours(type(this)):
                self._now[f"{key(type(this))}.{name}"] |= set()

        owner.__getattribute__ = reads  # type: ignore[method-assign]
        owner.__setattr__ = writes  # type: ignore[method-assign,assignment]


def _is_shown(name: str) -> bool:
    """Whether it is there, and for scripts."""
    if name.startswith("azureml._lazuli"):
        return False
    try:
        resolve(name)
    except LookupError:
        return False
    return True


def _named_in(file: Path) -> set[str]:
    """What a file of tests imports from the package, and which members of its classes it names."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found: dict[str, Any] = {}
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "azureml":
            module = importlib.import_module(node.module or "")
            for alias in node.names:
                thing = found[alias.asname or alias.name] = getattr(module, alias.name)
                if not inspect.isfunction(thing) and not inspect.ismodule(thing):
                    names.add(key(thing) if inspect.isclass(thing) else f"{module.__name__}:{alias.name}")
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in found:
            owner = found[node.value.id]
            if inspect.isclass(owner) and hasattr(owner, node.attr):
                if function_of(inspect.getattr_static(owner, node.attr)) is None:
                    names.add(f"{key(owner)}.{node.attr}")
            elif inspect.ismodule(owner) and hasattr(owner, node.attr) and not is_ours(getattr(owner, node.attr)):
                names.add(f"{owner.__name__}:{node.attr}")
    return names
