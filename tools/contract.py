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


OTHER_VARIABLES = """
## Variables that are no settings

| variable | read by | what it says |
|---|---|---|
| `LAZULI_URL`, `LAZULI_TOKEN`, `LAZULI_CA` | commands, `lazuli.azure` | A server elsewhere: its address, the token for it, the CA of its certificate. [More](../how-to/run-in-ci.md). |
| `LAZULI_WORKSPACE` | commands, `lazuli.azure` | The workspace where none is named. |
| `LAZULI_TRACEBACK` | commands | Where it is set, a fault of Lazuli itself is shown whole. |
| `NO_COLOR` | commands | Where it is set, nothing is coloured. |
| `LAZULI_WARM` | a job, by its `environment_variables` | Where it is empty, the job is started by a new Python. [More](../how-to/environments.md). |
| `LAZULI_ONNX_THREADS`, `…_RUNNERS`, `…_BATCH`, `…_WAITING` | an online deployment by its `environment_variables`, a package | How an ONNX model without a script runs: threads of one run (1), runs at a time (0: as many as there are cores), rows that are answered together (1), requests that wait at most (1000). |
| `LAZULI_ONNX_PROVIDERS` | an online deployment, likewise | Execution providers in order of preference. [More](../how-to/onnx.md). |
| `SERVER_PORT`, `WORKER_COUNT`, `LAZULI_PRIMARY_KEY`, `LAZULI_SECONDARY_KEY`, `LAZULI_TIMEOUT_MS` | a package | Where its server listens (5001), processes of a script (1), the keys that callers show, how long an answer of an ONNX model may take (5000). [More](../how-to/package-models.md). |
"""  # noqa: E501
"""Said here by hand: they are read by programs apart from the server's settings."""


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
    return head + "\n".join(rows) + "\n" + OTHER_VARIABLES


def commands() -> str:
    """The page of commands."""
    import cli_page

    return cli_page.commands()


def clients() -> str:
    """The page of what other people's clients can do, from the run that their tests recorded."""
    record = REFERENCE.parent.parent / "tests" / "clients" / "azure_ai_ml.json"
    run = json.loads(record.read_text(encoding="utf-8"))
    versions = run["versions"]
    notes: list[str] = []

    def cell(word: str) -> str:
        if word in ("passed", "failed"):
            return {"passed": "yes", "failed": "**no**"}[word]
        if word not in notes:
            notes.append(word)
        return f"– [{notes.index(word) + 1}]"

    rows = [f"| {step['about']} | " + " | ".join(cell(step[v]) for v in versions) + " |" for step in run["steps"]]
    head = (
        "# What Microsoft's client can do\n\n"
        "Each row is a step of a program that drives the published, unmodified `azure-ai-ml` against a running\n"
        "server, once with each version ([how to use it](../how-to/azure-ai-ml.md)). The tests of every change take\n"
        "these steps again, and fail where one comes out otherwise than this table says. 1.20 needs marshmallow\n"
        "3.21.3.\n\n"
        f"| operation | {' | '.join(versions)} |\n|---|{'---|' * len(versions)}\n"
    )
    told = "".join(f"\n[{number}] {note}" for number, note in enumerate(notes, 1))
    return head + "\n".join(rows) + "\n" + (f"{told}\n" if told else "")


def compatibility() -> str:
    """The page of what YAML may say."""
    import compatibility_page

    return compatibility_page.page()


GENERATED: dict[str, Callable[[], str]] = {
    "openapi.json": api,
    "settings.md": settings,
    "cli.md": commands,
    "compatibility.md": compatibility,
    "clients.md": clients,
}


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
