"""What scripts and terminals rely on: exit codes, pipes, colours, Ctrl-C."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from lazuli.client import collection

Run = Callable[..., Result]

MAIN = "from lazuli.cli import main; main()"
SLOW = """\
import os, signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests in the background ignores it
from lazuli.client import storage
real = storage.Storage._send_file
def slow(*args):
    os.write(1, b"sending\\n")  # whole lines, though several threads write them
    time.sleep(0.1)
    return real(*args)
storage.Storage._send_file = slow
"""


def command(*args: str, before: str = "") -> list[str]:
    return [sys.executable, "-c", before + MAIN, *args]


def shell(place: dict[str, str], **more: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LAZULI_") and name != "NO_COLOR"}
    return {**clean, **place, **more}


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["job", "list"], 0),
        (["job", "list", "--query", "length(@)"], 0),
        (["job", "show", "-n", "nobody"], 1),
        (["job", "list", "--include-archived", "--archived-only"], 1),
        (["job", "show"], 2),
        (["job", "list", "-o", "xml"], 2),
        (["job", "list", "--max-results", "0"], 2),
        (["nothing"], 2),
    ],
)
def test_exit_codes(lazuli: Run, workspace: str, args: list[str], code: int) -> None:
    lazuli(*args, fails=code)


@pytest.mark.parametrize("format", ["json", "table", "tsv"])
def test_a_pipe_that_nobody_reads_ends_it_quietly(place: dict[str, str], workspace: str, format: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        command("compute", "list", "-o", format),
        check=False,
        stdout=writer,
        stderr=subprocess.PIPE,
        env=shell(place),
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def on_terminal(args: tuple[str, ...], env: dict[str, str]) -> str:
    """What the command shows on a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(command(*args), stdin=theirs, stdout=theirs, stderr=theirs, env=env):
        os.close(theirs)
        seen = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # how Linux says that the other end is closed
                piece = b""
            if not piece:
                break
            seen += piece
    os.close(ours)
    return seen.decode()


@pytest.mark.parametrize(
    "args", [("compute", "list"), ("compute", "show", "-n", "none"), ("compute", "list", "-o", "jsonc")]
)
def test_colours_only_on_a_terminal_that_wants_them(
    place: dict[str, str], workspace: str, args: tuple[str, ...]
) -> None:
    plain = {"TERM": "xterm-256color", "COLUMNS": "100"}
    assert "\x1b[" in on_terminal(args, shell(place, **plain))
    assert "\x1b[" not in on_terminal(args, shell(place, **plain, NO_COLOR="1"))
    env = shell(place, **plain)
    piped = subprocess.run(command(*args), check=False, capture_output=True, text=True, env=env)
    assert "\x1b[" not in piped.stdout + piped.stderr


def test_ctrl_c_stops_an_upload_and_leaves_nothing_registered(
    lazuli: Run, place: dict[str, str], workspace: str, tmp_path: Path
) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for number in range(200):
        (many / str(number)).write_text(f"stopped {number}")
    create = command("data", "create", "-n", "stopped", "--path", str(many), before=SLOW)
    with subprocess.Popen(
        create, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=shell(place)
    ) as sending:
        assert sending.stdout is not None
        assert sending.stdout.readline() == "sending\n"
        sending.send_signal(signal.SIGINT)
        out, err = sending.communicate()
    assert (sending.returncode, err.strip()) == (130, "")
    assert out.count("sending") < 100
    assert "does not exist" in lazuli("data", "show", "-n", "stopped", fails=1).stderr


def test_a_no_or_nobody_to_ask_deletes_nothing(lazuli: Run, workspace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lazuli("compute", "create", "-n", "asked")
    told = lazuli("compute", "delete", "-n", "asked", fails=1)
    assert "Say so with --yes" in told.stderr
    monkeypatch.setattr("lazuli.cli.options.click.confirm", lambda *_, **__: False)
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True, raising=False)
    assert "Nothing is deleted" in lazuli("compute", "delete", "-n", "asked", fails=1).stderr
    lazuli("compute", "show", "-n", "asked")
    lazuli("compute", "delete", "-n", "asked", "-y")


def test_a_fault_of_ours_is_one_message_without_a_stack(
    lazuli: Run, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("value")

    monkeypatch.setattr(collection.Collection, "_pages", broken)
    told = lazuli("job", "list", fails=1)
    assert told.stderr.startswith("error: The command failed: KeyError: 'value'\n")
    with pytest.raises(KeyError):
        lazuli("job", "list", LAZULI_TRACEBACK="1")
