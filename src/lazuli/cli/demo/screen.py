"""How the demo looks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

__all__ = ["Screen", "sparkline"]

_BARS = "▁▂▃▄▅▆▇█"
_LABEL_WIDTH = 11
_INDENT = 6
_SPINNER = 4
"""Characters before a line that has a spinner, and one behind it."""


def sparkline(values: list[float], width: int = 30) -> str:
    """A line of bars as high as the values, in at most ``width`` characters."""
    width = min(width, len(values))
    picked = [values[round(i * (len(values) - 1) / max(width - 1, 1))] for i in range(width)]
    low, span = min(picked, default=0), (max(picked, default=0) - min(picked, default=0)) or 1
    return "".join(_BARS[int((value - low) / span * (len(_BARS) - 1))] for value in picked)


class Screen:
    """How the demo looks: a tick and a label per step, the job's log below, a spinner only on a terminal."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._cut = self._noted = ""

    def done(self, label: str, what: str, more: str = "", style: str = "green") -> None:
        """A step that is done."""
        line = Text.assemble(("  ✓ ", style), f"{label:<{_LABEL_WIDTH}}", (what, "bold"))
        self.console.print(line.append(f"  {more}", "dim") if more else line)

    @contextmanager
    def busy(self, label: str, what: str) -> Iterator[Any]:
        """A step that goes on; gives a function that says anew what happens."""
        if not self.console.is_terminal:
            yield self._note
            return
        with self.console.status("") as status:

            def say(text: str) -> None:
                line = Text.assemble(f"{label:<{_LABEL_WIDTH}}", (text, "dim"))
                line.truncate(self.console.width - _SPINNER, overflow="ellipsis")  # a second line would stay behind
                status.update(line)

            say(what)
            yield say

    def _note(self, text: str) -> None:
        """What happens, where nothing can be drawn over: every status once, and no metrics."""
        word = text.split(maxsplit=1)[0]
        if word != self._noted:
            self.console.print(Text(f"    {text}", style="dim"), soft_wrap=True)
        self._noted = word

    def log(self, text: str) -> None:
        """A piece of the job's log, line by line."""
        *lines, self._cut = (self._cut + text).split("\n")
        for line in lines:
            self.console.print(Text.assemble(("    │ ", "dim"), line), soft_wrap=True)

    @property
    def room(self) -> int:
        """Characters in a line of something :meth:`indented`."""
        return self.console.width - _INDENT

    def indented(self, what: Any) -> None:
        """Something larger, below its step."""
        self.console.print(Padding(what, (0, 0, 0, _INDENT), expand=False))

    def command(self, command: str, why: str) -> None:
        """A command to try."""
        self.console.print(Text(f"  # {why}", style="dim"))
        self.console.print(Text(f"  {command}", style="cyan"), soft_wrap=True)  # never broken: it is to be copied

    def blank(self) -> None:
        """An empty line."""
        self.console.print()
