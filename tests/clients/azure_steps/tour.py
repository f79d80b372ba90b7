"""What the steps hand on to each other."""

# pyright: reportMissingImports=false
from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from azure.ai.ml import MLClient
from azure.ai.ml._version import VERSION
from azure.ai.ml.entities import Environment

PLAIN = Environment(image="python:3.11")


class NotThere(Exception):
    """This version of the client cannot do what the step is about."""


@dataclass
class Tour:
    """A user: a folder, a client, and the names of what was made."""

    here: Path
    client: MLClient = field(init=False)
    job: Any = None
    sweep: Any = None
    pipeline: str = ""
    version: tuple[int, ...] = tuple(int(part) for part in VERSION.split(".")[:2])

    @property
    def examples(self) -> Path:
        return Path(os.environ["EXAMPLES"])

    @property
    def workspace(self) -> str:
        return os.environ["LAZULI_WORKSPACE"]

    def needs(self, *version: int) -> None:
        """Leave the step where the client is older than this."""
        if self.version < version:
            raise NotThere(f"taken from {'.'.join(map(str, version))} on")


@contextlib.contextmanager
def expected(kind: type[BaseException] | tuple[type[BaseException], ...], *told: str) -> Iterator[None]:
    """Fails unless the block raises this, and each of the words is in its message."""
    try:
        yield
    except kind as error:
        for words in told:
            assert words in str(error), f"'{words}' is not in: {error}"
        return
    raise AssertionError(f"nothing of {kind} was raised")


def lazuli(*words: str) -> Any:
    """What our own command line answers."""
    done = subprocess.run([os.environ["LAZULI"], *words, "-o", "json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


Step = Callable[[Tour], None]
