"""What is asked of the table of jobs: which jobs, in which order, with which values beside them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lazuli.resources.job import JobType, Status
from lazuli.schema.problems import InvalidInput
from lazuli.tracking.filters import Condition, Order, Unreadable, Vocabulary, parse_filter, parse_key, parse_order

__all__ = ["NUMBERS", "TEXTS", "TIMES", "Question", "ask"]

TEXTS = ("name", "displayName", "experiment", "type", "status", "compute", "createdBy", "parent")
TIMES = ("created", "started", "ended")
NUMBERS = (*TIMES, "duration")
"""The attributes of a job; ``duration`` in milliseconds."""
MOST_COLUMNS = 200
MOST_ROWS = 1000

_VOCABULARY = Vocabulary(
    kinds=frozenset({"attribute", "metric", "param", "tag"}),
    texts=frozenset(TEXTS),
    numbers=frozenset(NUMBERS),
    aliases={
        "display_name": "displayName",
        "experiment_name": "experiment",
        "experimentName": "experiment",
        "run_id": "name",
        "run_name": "displayName",
        "created_by": "createdBy",
        "user": "createdBy",
        "user_id": "createdBy",
        "job_type": "type",
        "jobType": "type",
        "created_at": "created",
        "start_time": "started",
        "startTime": "started",
        "end_time": "ended",
        "endTime": "ended",
    },
    times=frozenset(TIMES),
    absent=frozenset({"param", "tag", "metric", *NUMBERS}),
)
_SPELT = {
    "status": {each.value.lower(): each.value for each in Status},
    "type": {word: each.value for each in JobType for word in (each.value, each.rest.lower())},
}
"""How statuses and types are spelt that may be said in any case."""
_ASKS = re.compile(r"""[=<>]|\bI?LIKE\s*['"]|\bIN\s*\(|\bIS\s+(?:NOT\s+)?NULL\b""", re.IGNORECASE)
"""What makes a filter of a text."""
_COMMA = re.compile(r""",(?=(?:[^`"]|`[^`]*`|"[^"]*")*$)""")


@dataclass(frozen=True)
class Question:
    """Which jobs are wanted, and what of them."""

    conditions: Sequence[Condition] = ()
    words: Sequence[str] = ()
    """Each must be in the name, the display name or the experiment, in any case."""
    orders: Sequence[Order] = ()
    columns: Sequence[tuple[str, str, str]] = ()
    """The values that are wanted beside a job: the word that asks, its kind and its key."""
    parent: str = ""
    everyone: bool = False
    """Also jobs that other jobs made."""
    archived: bool | None = False
    """None for both."""
    offset: int = 0
    limit: int = 50


def ask(
    filter: str = "",
    text: str = "",
    order_by: str = "",
    columns: str = "",
    *,
    parent: str = "",
    everyone: bool = False,
    archived: bool | None = False,
    offset: int = 0,
    limit: int = 50,
) -> Question:
    """The question that a user's words ask. Raises :class:`InvalidInput`, with the place, for what cannot be asked.

    A ``filter`` that compares nothing is ``text``.
    """
    words = text.split()
    if filter.strip() and not _ASKS.search(filter):
        words, filter = [*words, *filter.split()], ""
    return Question(
        _conditions(filter),
        [word.strip("\"'").lower() for word in words],
        parse_order(_listed(order_by), _VOCABULARY),
        _columns(columns),
        parent,
        everyone,
        archived,
        offset,
        min(limit, MOST_ROWS),
    )


def _conditions(filter: str) -> list[Condition]:
    try:
        return [_spelt(condition) for condition in parse_filter(filter, _VOCABULARY)]
    except Unreadable as problem:
        start, end = problem.span
        where = f"At character {start + 1}." if start < len(filter) else "At its end."
        mend = f"{where} {problem.mend}".strip()
        raise InvalidInput(problem.message, target=f"filter[{start}:{end}]", mend=mend, code="BadFilter") from None


def _spelt(condition: Condition) -> Condition:
    known = _SPELT.get(condition.key) if condition.kind == "attribute" else None
    if known is None or condition.value is None or condition.operator in ("LIKE", "ILIKE"):
        return condition
    value = condition.value
    if isinstance(value, tuple):
        return replace(condition, value=tuple(known.get(each.lower(), each) for each in value))
    return replace(condition, value=known.get(str(value).lower(), value))


def _columns(said: str) -> list[tuple[str, str, str]]:
    words = _listed(said)
    if len(words) > MOST_COLUMNS:
        raise InvalidInput(f"More than {MOST_COLUMNS} columns.", target="columns", mend="Ask for fewer.")
    found = [(word, *parse_key(word, _VOCABULARY, "columns")) for word in words]
    if wrong := [word for word, kind, _ in found if kind == "attribute"]:
        raise InvalidInput(
            f"'{wrong[0][:100]}' is in every row.",
            target="columns",
            mend="Name metrics, params or tags, such as metrics.loss.",
        )
    return found


def _listed(said: str) -> list[str]:
    """What stands between commas, but for those inside quotes."""
    return [word for each in _COMMA.split(said) if (word := each.strip())]
