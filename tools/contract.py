"""Keeps what is generated in ``docs/reference`` equal to the code it is generated from.

``contract.py`` writes the files; ``contract.py --check`` refuses a difference and shows it.
"""

from __future__ import annotations

import ast
import difflib
import inspect
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"
SHOWN = 60
"""How many lines of a difference are shown: enough to see what it is about."""


def api() -> str:
    """The description of every route, in a stable order and one item a line, so that a change is easy to review."""
    from lazuli.server.openapi import description
    from lazuli.server.platform import open_platform
    from lazuli.store.settings import Settings

    with tempfile.TemporaryDirectory() as folder:
        platform = open_platform(Settings(data_dir=Path(folder)))
        told = description(platform.routes())
        platform.stop()
    return json.dumps(told, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def settings() -> str:
    """The page of settings: each field of the class with the docstring below it."""
    from lazuli.store.settings import Settings

    (shape,) = ast.parse(inspect.getsource(Settings)).body
    assert isinstance(shape, ast.ClassDef)
    rows = []
    for entry, told in zip(shape.body, shape.body[1:], strict=False):
        if isinstance(entry, ast.AnnAssign) and isinstance(told, ast.Expr) and isinstance(told.value, ast.Constant):
            name = ast.unparse(entry.target)
            default = ast.literal_eval(entry.value) if isinstance(entry.value, ast.Constant) else "~/.lazuli"
            shown = f"`{default}`" if default != "" else "empty"
            rows.append(f"| `{name}` | `LAZULI_{name.upper()}` | {shown} | {told.value.value} |")
    head = (
        "# Settings\n\n"
        "A setting is taken from the command line where it has an option there, else from its environment variable,\n"
        "else from `lazuli.toml` in the data folder, else its default stands. An unknown key of the file is\n"
        "an error. `data_dir` leads to the file and cannot be set in it.\n\n"
        "| in `lazuli.toml` | variable | default | what it does |\n|---|---|---|---|\n"
    )
    return head + "\n".join(rows) + "\n"


def commands() -> str:
    """The page of commands."""
    import cli_page

    return cli_page.commands()


GENERATED: dict[str, Callable[[], str]] = {"openapi.json": api, "settings.md": settings, "cli.md": commands}


def difference(old: str, new: str, name: str) -> list[str]:
    """The changed lines with a little of what is around them; empty when both are equal."""
    return list(difflib.unified_diff(old.splitlines(), new.splitlines(), name, "the code", "", "", 2, ""))


def check() -> int:
    """Tell how the files differ from the code; 0 when they do not."""
    stale = False
    for name, generate in GENERATED.items():
        file = REFERENCE / name
        lines = difference(file.read_text(encoding="utf-8") if file.exists() else "", generate(), name)
        if lines:
            stale = True
            print(*lines[:SHOWN], sep="\n")
            if len(lines) > SHOWN:
                print(f"... and {len(lines) - SHOWN} more lines")
            print(f"\ndocs/reference/{name} differs from the code. Is the change meant? Then: make contract\n")
    return 1 if stale else 0


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        sys.exit(check())
    for name, generate in GENERATED.items():
        (REFERENCE / name).write_text(generate(), encoding="utf-8")
