"""MLflow's search language, read into values: filters like ``metrics.loss < 0.1 AND tags.model = 'a'`` and orders.

Nothing here knows a database. What the user wrote ends up in :class:`Condition` and :class:`Order` values, whose
keys and values are only ever handed to the database as parameters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import NamedTuple

from lazuli.schema.problems import InvalidInput, did_you_mean
from lazuli.schema.words import time_of
from lazuli.tracking.rules import INVALID, invalid

__all__ = ["Condition", "Order", "Unreadable", "Vocabulary", "parse_filter", "parse_key", "parse_order"]

MAX_LENGTH = 10_000
MAX_CONDITIONS = 100
LONGEST_INTEGER = 30

_KINDS = {
    "metric": "metric",
    "metrics": "metric",
    "parameter": "param",
    "parameters": "param",
    "param": "param",
    "params": "param",
    "tag": "tag",
    "tags": "tag",
    "attribute": "attribute",
    "attributes": "attribute",
    "attr": "attribute",
    "run": "attribute",
    "dataset": "dataset",
    "datasets": "dataset",
}
_NUMBER_OPERATORS = ("=", "!=", "<", "<=", ">", ">=")
_TEXT_OPERATORS = ("=", "!=", "LIKE", "ILIKE", "IN", "NOT IN")
_DATASET_KEYS = ("name", "digest", "context")


@dataclass(frozen=True)
class Vocabulary:
    """What can be searched for: kinds of keys, and the attributes of text and of numbers.

    ``times`` are those of the numbers that may be said as a date as well, ``absent`` the kinds (and attributes) of
    which it may be asked whether there is a value.
    """

    kinds: frozenset[str]
    texts: frozenset[str]
    numbers: frozenset[str]
    aliases: Mapping[str, str] = field(default_factory=dict)
    times: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset({"param", "tag"})

    def attribute(self, name: str, target: str) -> str:
        """The attribute called ``name``, or by one of its other names."""
        name = self.aliases.get(name, name)
        if name in self.texts or name in self.numbers:
            return name
        known = sorted(self.texts | self.numbers)
        mend = did_you_mean(name, known) or f"There are {', '.join(known)}."
        raise invalid(f"Invalid attribute key '{name[:100]}' specified.", target=target, mend=mend)


class Unreadable(InvalidInput):
    """A filter with a mistake at ``span``: from which character of it up to which."""

    def __init__(self, problem: InvalidInput, span: tuple[int, int]) -> None:
        super().__init__(problem.message, target=problem.target, mend=problem.mend, code=INVALID)
        self.span = span


@dataclass(frozen=True)
class Condition:
    """One comparison. ``value`` is None for ``IS NULL`` and ``IS NOT NULL``, a tuple for ``IN`` and ``NOT IN``."""

    kind: str
    key: str
    operator: str
    value: str | float | tuple[str, ...] | None


@dataclass(frozen=True)
class Order:
    """One key to sort by."""

    kind: str
    key: str
    descending: bool


def parse_filter(text: str | None, vocabulary: Vocabulary) -> list[Condition]:
    """The conditions of a filter, all of which must hold. Raises :class:`Unreadable` for what is no filter."""
    if not text or not text.strip():
        return []
    if len(text) > MAX_LENGTH:
        raise invalid(f"The filter is longer than {MAX_LENGTH} characters.", target="filter")
    reader = _Reader(text, vocabulary)
    try:
        conditions = [reader.condition()]
        while not reader.at_end:
            reader.expect("AND")
            conditions.append(reader.condition())
    except Unreadable:
        raise
    except InvalidInput as problem:
        raise Unreadable(problem, reader.span) from None
    if len(conditions) > MAX_CONDITIONS:
        raise invalid(f"The filter has more than {MAX_CONDITIONS} conditions.", target="filter")
    return conditions


def parse_order(clauses: Sequence[str] | None, vocabulary: Vocabulary) -> list[Order]:
    """The keys to sort by. Raises :class:`InvalidInput` for a clause that is none, or a key given twice."""
    orders: list[Order] = []
    for clause in clauses or ():
        match = _ORDER.match(clause) if isinstance(clause, str) and len(clause) <= MAX_LENGTH else None
        if not match:
            raise invalid(
                f"Invalid order_by clause '{str(clause)[:200]}'.",
                target="order_by",
                mend="Write a key, then ASC or DESC, like 'metrics.loss ASC'.",
            )
        kind, key = _identifier(match["name"], vocabulary, "order_by")
        orders.append(Order(kind, key, (match["way"] or "").upper() == "DESC"))
    if len({(order.kind, order.key) for order in orders}) < len(orders):
        raise invalid("`order_by` contains duplicate fields.", target="order_by")
    return orders


def parse_key(text: str, vocabulary: Vocabulary, target: str) -> tuple[str, str]:
    """The kind and the key that a word such as ``metrics.loss`` names. Raises :class:`InvalidInput`."""
    match = _ORDER.match(text) if len(text) <= MAX_LENGTH else None
    if not match or match["way"]:
        raise invalid(f"'{text[:100]}' names nothing.", target=target, mend="Write it like 'metrics.loss'.")
    return _identifier(match["name"], vocabulary, target)


_NAME = r"""(?:[^\W\d]\w*|`[^`]*`|"[^"]*")(?:\.(?:\w+|`[^`]*`|"[^"]*"))*"""
_ORDER = re.compile(rf"^\s*(?P<name>{_NAME})(?:\s+(?P<way>asc|desc))?\s*$", re.IGNORECASE)
_TOKEN = re.compile(
    rf"""\s*(?:
        (?P<text>'(?:[^']|'')*')
      | (?P<number>[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?!\w)
      | (?P<name>{_NAME})
      | (?P<sign><=|>=|!=|=|<|>)
      | (?P<mark>[(),])
    )""",
    re.VERBOSE,
)


class _Token(NamedTuple):
    kind: str
    text: str
    at: int = 0

    @property
    def word(self) -> str:
        return self.text.upper() if self.kind in ("name", "sign", "mark") else ""


_END = _Token("end", "the end")


class _Reader:
    """Reads one filter from left to right."""

    def __init__(self, text: str, vocabulary: Vocabulary) -> None:
        self._tokens = _tokens(text)
        self._length = len(text)
        self._vocabulary = vocabulary
        self._next = 0
        self._last = _END

    @property
    def span(self) -> tuple[int, int]:
        """Where the token stands that was read last."""
        if self._last is _END:
            return self._length, self._length
        return self._last.at, self._last.at + len(self._last.text)

    @property
    def at_end(self) -> bool:
        return self._next == len(self._tokens)

    def _peek(self) -> _Token:
        return _END if self.at_end else self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._last = self._peek()
        self._next += 0 if token is _END else 1
        return token

    def expect(self, word: str) -> None:
        token = self._take()
        if token.word != word:
            raise _unexpected(token, word)

    def condition(self) -> Condition:
        token = self._take()
        if token.kind != "name":
            raise _unexpected(token, "a key such as metrics.loss")
        kind, key = _identifier(token.text, self._vocabulary, "filter")
        operator = self._operator()
        if operator.startswith("IS"):
            if not {kind, key if kind == "attribute" else kind} & self._vocabulary.absent:
                raise invalid("IS NULL / IS NOT NULL is only supported for tags and params.", target="filter")
            return Condition(kind, key, operator, None)
        is_number = kind == "metric" or (kind == "attribute" and key in self._vocabulary.numbers)
        known = _NUMBER_OPERATORS if is_number else _TEXT_OPERATORS
        if operator not in known:
            raise invalid(
                f"Invalid comparator '{operator}' for {kind} '{key[:100]}'.",
                target="filter",
                mend=f"Use one of {', '.join(known)}.",
            )
        if is_number:
            said = self._time(key) if kind == "attribute" and key in self._vocabulary.times else self._number(key)
            return Condition(kind, key, operator, said)
        return Condition(kind, key, operator, self._list() if operator.endswith("IN") else self._text(key))

    def _operator(self) -> str:
        token = self._take()
        if token.kind == "sign":
            return token.text
        if token.word in ("LIKE", "ILIKE", "IN"):
            return token.word
        if token.word == "NOT":
            self.expect("IN")
            return "NOT IN"
        if token.word == "IS":
            negated = self._peek().word == "NOT"
            if negated:
                self._take()
            self.expect("NULL")
            return "IS NOT NULL" if negated else "IS NULL"
        raise _unexpected(token, "a comparison")

    def _number(self, key: str) -> float:
        token = self._take()
        if token.kind != "number":
            raise invalid(f"Expected a numeric value for '{key[:100]}'. Found {token.text[:100]}.", target="filter")
        is_whole = token.text.lstrip("+-").isdigit() and len(token.text) <= LONGEST_INTEGER
        return int(token.text) if is_whole else float(token.text)

    def _time(self, key: str) -> float:
        """Milliseconds since 1970, said as they are or as a date."""
        if self._peek().kind != "text":
            return self._number(key)
        said = self._text(key)
        try:
            time = time_of(said)
        except ValueError:
            raise invalid(
                f"'{said[:100]}' is not a time.",
                target="filter",
                mend="Write it as '2026-05-01' or '2026-05-01T09:00:00Z'.",
            ) from None
        return round((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)

    def _text(self, key: str) -> str:
        token = self._take()
        if token.kind == "text":
            return token.text[1:-1].replace("''", "'")
        if token.kind == "name" and token.text.startswith('"') and token.text.endswith('"'):
            return token.text[1:-1]
        raise invalid(
            f"Expected a quoted string value for '{key[:100]}' (e.g. 'my-value'). Found {token.text[:100]}.",
            target="filter",
        )

    def _list(self) -> tuple[str, ...]:
        self.expect("(")
        values = [self._text("the list")]
        while self._peek().word == ",":
            self._take()
            if self._peek().word == ")":
                break
            values.append(self._text("the list"))
        self.expect(")")
        return tuple(values)


def _tokens(text: str) -> list[_Token]:
    if "\0" in text:
        raise invalid("The filter holds a NUL character.", target="filter")
    text = text.rstrip()
    tokens: list[_Token] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if not match:
            rest = text[place : place + 100].strip()
            problem = invalid(f"Invalid clause(s) in filter string: '{rest}'.", target="filter")
            start = place + len(text[place:]) - len(text[place:].lstrip())
            raise Unreadable(problem, (start, len(text)))
        kind = match.lastgroup or ""
        tokens.append(_Token(kind, match[kind], match.start(kind)))
        place = match.end()
    return tokens


def _identifier(text: str, vocabulary: Vocabulary, target: str) -> tuple[str, str]:
    first, dot, rest = text.partition(".")
    if not dot or (text[0] in '"`' and _unquoted(text) != text):
        return "attribute", vocabulary.attribute(_unquoted(text), target)
    kind = _KINDS.get(_unquoted(first))
    if kind is None or kind not in vocabulary.kinds:
        raise invalid(
            f"Invalid entity type '{first[:100]}'.", target=target, mend=did_you_mean(first, sorted(vocabulary.kinds))
        )
    key = _unquoted(rest)
    if kind == "attribute":
        return kind, vocabulary.attribute(key, target)
    if kind == "dataset" and key not in _DATASET_KEYS:
        raise invalid(
            f"Invalid dataset key '{key[:100]}' specified.", target=target, mend=did_you_mean(key, _DATASET_KEYS)
        )
    return kind, key


def _unquoted(text: str) -> str:
    inner = text[1:-1]
    quoted = len(text) >= 2 and text[0] == text[-1] and text[0] in '"`' and text[0] not in inner
    return inner if quoted else text


def _unexpected(token: _Token, wanted: str) -> InvalidInput:
    return invalid(
        f"Invalid clause(s) in filter string: found '{token.text[:100]}' where {wanted} was expected.",
        target="filter",
        mend='Join conditions like "metrics.loss < 0.1" and "tags.model = \'a\'" by AND.',
    )
