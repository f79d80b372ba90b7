"""What was read lately, so that it is not read twice."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Callable, Hashable


class Kept:
    """Contents by what names them, the latest used ones, ``most`` bytes in all. Safe to use from several threads.

    What a name stands for must never change: a file's has its etag in it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._contents: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: Hashable, read: Callable[[], bytes]) -> bytes:
        """The content, which ``read`` reads where it is not there."""
        with self._lock:
            if name in self._contents:
                self._contents.move_to_end(name)
                return self._contents[name]
        content = read()
        with self._lock:
            if name not in self._contents and len(content) <= self._most:
                self._contents[name] = content
                self._size += len(content)
            while self._size > self._most:
                self._size -= len(self._contents.popitem(last=False)[1])
        return content
