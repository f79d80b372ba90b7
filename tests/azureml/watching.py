"""Which functions of the package ``azureml`` a process runs, and with which of their words."""

from __future__ import annotations

import functools
import inspect
import sys
import threading
from collections import defaultdict
from pathlib import Path
from types import FrameType
from typing import Any

from tools.v1_names import function_of, resolve

import azureml

SOURCES = str(Path(azureml.__path__[0]))


class Watch:
    """Sees the calls of this process from when it begins."""

    def __init__(self) -> None:
        self.seen: dict[str, set[str]] = defaultdict(set)

    def begin(self) -> None:
        """See the calls of this thread, and of those that are started from now on."""
        threading.setprofile(self._profile)
        sys.setprofile(self._profile)

    def end(self) -> None:
        """See no more."""
        sys.setprofile(None)
        threading.setprofile(None)

    def _profile(self, frame: FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(SOURCES) or "<" in code.co_qualname:
            return
        name = f"{frame.f_globals['__name__']}:{code.co_qualname}"
        given, defaults = frame.f_locals, _defaults(name)
        words = {word for word, default in defaults.items() if word in given and given[word] is not default}
        self.seen[name] |= {word for word in words if defaults[word] is not _ANY or given[word]}


_ANY = object()
"""Stands for the default of ``**words``."""


@functools.cache
def _defaults(name: str) -> dict[str, Any]:
    try:
        function = function_of(resolve(name))
    except LookupError:
        return {}
    parameters = inspect.signature(function).parameters.values() if function else ()
    return {
        each.name: _ANY if each.kind == each.VAR_KEYWORD else each.default
        for each in parameters
        if each.name not in ("self", "cls")
    }
