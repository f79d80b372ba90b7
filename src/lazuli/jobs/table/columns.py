"""Columns in memory: texts as numbers of their words, numbers as they are; each can be filtered and sorted at once."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lazuli.tracking.filters import Condition

__all__ = ["Column", "Flags", "Numbers", "Texts"]

Flags = np.ndarray[Any, np.dtype[np.bool_]]
"""One truth per row."""
Places = np.ndarray[Any, np.dtype[np.int64]]
"""Row numbers."""
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Numbers:
    """A column of numbers, each of which may be missing."""

    def __init__(self, size: int) -> None:
        self._values = np.zeros(size)
        self._there: Flags = np.zeros(size, bool)

    def grow(self, size: int) -> None:
        """Have so many rows."""
        self._values.resize(size, refcheck=False)
        self._there.resize(size, refcheck=False)

    def put(self, row: int, value: Any) -> None:
        """Set the value of a row; None where it has none."""
        self._there[row] = value is not None
        self._values[row] = 0.0 if value is None else value

    def fill(self, start: int, values: Sequence[Any]) -> None:
        """Set the values of rows from ``start`` on."""
        rows = slice(start, start + len(values))
        self._there[rows] = [value is not None for value in values]
        self._values[rows] = [0.0 if value is None else value for value in values]

    def spread(self, rows: Sequence[int], values: Sequence[Any]) -> None:
        """Set the values of some rows, wherever they are."""
        places = np.array(rows, np.int64)
        self._there[places] = True
        self._values[places] = values

    def holds(self, condition: Condition) -> Flags:
        """The rows of which a condition is true. Of a missing value no comparison is."""
        if condition.value is None:
            return ~self._there if condition.operator == "IS NULL" else self._there.copy()
        return _COMPARE[condition.operator](self._values, condition.value) & self._there

    def sort(self, rows: Places, *, descending: bool) -> Places:
        """The rows in the order of their values, equal ones as they came; NaN behind numbers, what is missing last."""
        keys = self._values[rows]
        rows = rows[np.argsort(-keys if descending else keys, kind="stable")]
        there = self._there[rows]
        return np.concatenate((rows[there], rows[~there]))

    def values(self, rows: Places) -> list[float | None]:
        """The values of some rows."""
        return [v if there else None for v, there in zip(self._values[rows].tolist(), self._there[rows], strict=True)]


class Texts:
    """A column of texts, each of which may be missing: the number of its word stands for it."""

    def __init__(self, size: int) -> None:
        self._codes = np.full(size, -1, np.int32)
        self.words: list[str] = []
        self._known: dict[str, int] = {}
        self._sorted: list[int] = []  # the numbers of the words, in the order of the words
        self._ranks = np.zeros(0, np.int32)

    def grow(self, size: int) -> None:
        """Have so many rows."""
        before = len(self._codes)
        self._codes.resize(size, refcheck=False)
        self._codes[before:] = -1

    def put(self, row: int, value: Any) -> None:
        """Set the value of a row; None where it has none."""
        if value is None:
            self._codes[row] = -1
            return
        code = self._known.setdefault(value, len(self.words))
        if code == len(self.words):
            self.words.append(value)
        self._codes[row] = code

    def fill(self, start: int, values: Sequence[Any]) -> None:
        """Set the values of rows from ``start`` on."""
        self._codes[start : start + len(values)] = self._coded(values)

    def spread(self, rows: Sequence[int], values: Sequence[Any]) -> None:
        """Set the values of some rows, wherever they are."""
        self._codes[np.array(rows, np.int64)] = self._coded(values)

    def _coded(self, values: Sequence[Any]) -> list[int]:
        """The numbers of some words; new ones are learned."""
        codes = self._known
        for word in dict.fromkeys(values):
            if word is not None and word not in codes:
                codes[word] = len(self.words)
                self.words.append(word)
        return [-1 if word is None else codes[word] for word in values]

    def holds(self, condition: Condition) -> Flags:
        """The rows of which a condition is true. Of a missing value no comparison is."""
        if condition.value is None:
            return self._codes < 0 if condition.operator == "IS NULL" else self._codes >= 0
        return self.of_words(_test(condition.operator, condition.value))

    def of_words(self, test: Callable[[str], Any]) -> Flags:
        """The rows whose word passes a test: each word is tested once."""
        passed = np.fromiter((bool(test(word)) for word in self.words), bool, len(self.words))
        return np.append(passed, False)[self._codes]  # the last stands for what is missing

    def scores(self, holding: str, score: Callable[[str], int], missing: int) -> Places:
        """A number for every row, ``score`` of its word in lower case: asked once for each that holds a text."""
        numbers = [score(lower) if holding in (lower := word.lower()) else missing for word in self.words]
        return np.array([*numbers, missing], np.int64)[self._codes]

    def sort(self, rows: Places, *, descending: bool) -> Places:
        """The rows in the order of their texts, equal ones as they came; what is missing last."""
        if len(self._sorted) < len(self.words):  # those that came are few: what is nearly sorted is sorted soon
            self._sorted += range(len(self._sorted), len(self.words))
            self._sorted.sort(key=self.words.__getitem__)
            self._ranks = np.empty(len(self.words), np.int32)
            self._ranks[self._sorted] = np.arange(len(self.words), dtype=np.int32)
        codes = self._codes[rows]
        there = codes >= 0
        ranks = self._ranks[codes[there]]
        return np.concatenate((rows[there][np.argsort(-ranks if descending else ranks, kind="stable")], rows[~there]))

    def values(self, rows: Places) -> list[str | None]:
        """The values of some rows."""
        return [self.words[code] if code >= 0 else None for code in self._codes[rows].tolist()]

    def counts(self, among: Flags) -> dict[str, int]:
        """How many of some rows have each word."""
        codes = self._codes[among]
        numbers = np.bincount(codes[codes >= 0], minlength=len(self.words))
        return {self.words[code]: int(numbers[code]) for code in np.flatnonzero(numbers)}

    def greatest(self, numbers: Numbers, among: Flags) -> dict[str, float]:
        """The greatest number beside each word, in some rows."""
        found = np.full(len(self.words), -np.inf)
        rows = np.flatnonzero(among & (self._codes >= 0))
        np.maximum.at(found, self._codes[rows], [value or 0.0 for value in numbers.values(rows)])
        return {word: float(value) for word, value in zip(self.words, found, strict=True) if value > -np.inf}


Column = Numbers | Texts


def _test(operator: str, value: Any) -> Callable[[str], Any]:
    """The test of one word that a comparison makes."""
    match operator:
        case "IN":
            among = frozenset(value)
            return among.__contains__
        case "NOT IN":
            among = frozenset(value)
            return lambda word: word not in among
        case "LIKE" | "ILIKE":
            return _pattern(value, operator == "ILIKE").fullmatch
    compare = _COMPARE[operator]
    return lambda word: compare(word, value)


def _pattern(like: str, any_case: bool) -> re.Pattern[str]:
    """``%`` is anything, ``_`` any character. What was matched is never tried otherwise, so it takes no longer."""
    first, *others = ("".join("." if each == "_" else re.escape(each) for each in part) for part in like.split("%"))
    between = "".join(f"(?>.*?{part})" for part in others[:-1] if part)
    spelt = f"{first}{between}.*{others[-1]}" if others else first
    return re.compile(spelt, re.DOTALL | (re.IGNORECASE if any_case else 0))
