"""Runs the console blocks of a Markdown page in one shell and compares what they print with what the page shows.

A page is read from top to bottom:

- A fenced block whose info string names a file (```` ```yaml title=job.yml ````) is written to that file.
- In a ```` ```console ```` block a line after ``$ `` is a command, ``> `` continues it, and the lines below are what
  it prints. ``...`` stands for anything: within a line, or, alone on a line, for any number of lines. A command
  with nothing below it may print what it likes.
- A command must succeed; where failing is the point, the block says so: ```` ```console status=1 ````.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

FENCE = re.compile(r"^```(?P<kind>[\w-]+)(?P<options>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
DONE = "~~~ that was the command, status"


@dataclass(frozen=True)
class File:
    """A file that the page asks its reader to write."""

    name: str
    content: str


@dataclass(frozen=True)
class Command:
    """A command of the page, what the page says it prints, and the line where it stands."""

    command: str
    expected: str
    status: int
    line: int


def read(page: str) -> Iterator[File | Command]:
    """The steps of a page in their order."""
    for fence in FENCE.finditer(page):
        options = dict(option.split("=", 1) for option in fence["options"].split() if "=" in option)
        if "title" in options:
            yield File(options["title"], fence["body"])
        elif fence["kind"] == "console":
            first = page.count("\n", 0, fence.start("body")) + 1
            yield from _commands(fence["body"], first, int(options.get("status", 0)))


def _commands(body: str, first: int, status: int) -> Iterator[Command]:
    for part in re.finditer(r"^\$ (?P<typed>.*\n(?:> .*\n)*)(?P<shown>(?:(?!\$ ).*\n)*)", body, re.MULTILINE):
        typed = part["typed"].replace("\n> ", "\n").strip()
        yield Command(typed, part["shown"].strip(), status, first + body.count("\n", 0, part.start()))


def matches(expected: str, printed: str) -> bool:
    """Whether the output is what the page shows; spaces at line ends and colours do not count."""
    pattern = ""
    for line in _trimmed(expected).splitlines():
        if line.strip() == "...":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += re.escape(line).replace(re.escape("..."), ".*?") + r"\n"
    return not expected or bool(re.fullmatch(pattern, _trimmed(printed) + "\n"))


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in COLOUR.sub("", text).strip().splitlines())


class Shell:
    """One bash that keeps its folder and variables from command to command, as a reader's terminal does."""

    def __init__(self, folder: Path, environ: Mapping[str, str], limit: float = 120) -> None:
        self._limit = limit
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=folder,
            env=dict(environ),
            start_new_session=True,
        )

    def __enter__(self) -> Shell:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._kill()

    def run(self, command: str) -> tuple[int, str]:
        """The exit status of a command and what it printed. Status -1: it took too long, or it left the shell."""
        assert self._bash.stdin and self._bash.stdout
        self._bash.stdin.write(f"{{ {command}\n}} </dev/null\nprintf '\\n%s %s\\n' '{DONE}' $?\n")
        self._bash.stdin.flush()
        alarm = threading.Timer(self._limit, self._kill)
        alarm.start()
        try:
            lines: list[str] = []
            for line in self._bash.stdout:
                if line.startswith(DONE):
                    return int(line.split()[-1]), "".join(lines)
                lines.append(line)
            return -1, "".join(lines)
        finally:
            alarm.cancel()

    def _kill(self) -> None:
        if self._bash.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it may end between the two
                os.killpg(self._bash.pid, signal.SIGKILL)
            self._bash.wait()
