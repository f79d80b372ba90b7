"""Programs beside a job stand alone: the server names them, nobody imports them, and they import nothing of Lazuli.

An endpoint's front is a program as well, on the server's own Python and with its libraries.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "lazuli"
RUNTIME = PACKAGE / "runtime"
FRONT = RUNTIME / "front"
PROGRAMS = sorted(file for file in RUNTIME.rglob("*.py") if FRONT not in file.parents)


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module or '.'}.{name.name}" for name in node.names)


def test_there_are_programs() -> None:
    assert PROGRAMS


@pytest.mark.parametrize("file", PROGRAMS, ids=lambda file: str(file.relative_to(RUNTIME)))
def test_a_program_needs_the_standard_library_alone(file: Path) -> None:
    own = {sibling.stem for sibling in file.parent.iterdir() if sibling.is_dir() or sibling.suffix == ".py"}
    own |= {file.parent.name}  # a package that is laid into a folder of its own
    assert {name.split(".")[0] for name in imported(file)} <= sys.stdlib_module_names | own


def test_the_front_imports_nothing_of_the_server() -> None:
    own = "lazuli.runtime."
    names = [name for file in FRONT.rglob("*.py") for name in imported(file) if name.startswith("lazuli")]
    assert names and all(name.startswith(own) for name in names)


def test_nobody_imports_a_program() -> None:
    others = [file for file in PACKAGE.rglob("*.py") if RUNTIME not in file.parents]
    guilty = [file for file in others if any(name.startswith("lazuli.runtime") for name in imported(file))]
    assert not guilty


def test_what_enters_a_user_environment_is_python_3_8() -> None:
    for file in (RUNTIME / "inside").rglob("*.py"):
        ast.parse(file.read_text(encoding="utf-8"), str(file), feature_version=(3, 8))
