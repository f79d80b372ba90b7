"""Searching the model registry in MLflow's filter language, over the documents themselves."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lazuli.store.documents import Record
from lazuli.tracking.filters import Condition, Order, Vocabulary, parse_filter, parse_order

__all__ = ["MODELS", "VERSIONS", "Searched", "chosen"]

PROMPT_TAG = "mlflow.prompt.is_prompt"
_TIMES: Mapping[str, Callable[[Record], Any]] = {
    "creation_timestamp": lambda r: r.created_at,
    "last_updated_timestamp": lambda r: r.modified_at,
}


@dataclass(frozen=True)
class Searched:
    """One kind of what is searched: its words, how each is read from a record, and the natural order."""

    vocabulary: Vocabulary
    facts: Mapping[str, Callable[[Record], Any]]
    natural: tuple[Order, ...]


MODELS = Searched(
    Vocabulary(
        kinds=frozenset({"attribute", "tag"}),
        texts=frozenset({"name"}),
        numbers=frozenset(_TIMES),
        aliases={"timestamp": "last_updated_timestamp"},
    ),
    {"name": lambda r: r.id.name, **_TIMES},
    (Order("attribute", "name", False),),
)
VERSIONS = Searched(
    Vocabulary(
        kinds=frozenset({"attribute", "tag"}),
        texts=frozenset({"name", "run_id", "source_path"}),
        numbers=frozenset({"version_number", *_TIMES}),
        aliases={"timestamp": "last_updated_timestamp", "version": "version_number", "source": "source_path"},
    ),
    {
        "name": lambda r: r.id.name,
        "run_id": lambda r: r.state.get("job_name", ""),
        "source_path": lambda r: r.state.get("source") or r.body["path"],
        "version_number": lambda r: int(r.id.version) if r.id.version.isdecimal() else 0,
        **_TIMES,
    },
    (
        Order("attribute", "last_updated_timestamp", True),
        Order("attribute", "name", False),
        Order("attribute", "version_number", True),
    ),
)


def chosen(
    records: list[Record], kind: Searched, text: str, order_by: Sequence[str], skip: int, limit: int
) -> tuple[list[Record], bool]:
    """A page of the records that meet a filter, sorted; whether more follow. Raises :class:`InvalidInput`."""
    conditions = parse_filter(text, kind.vocabulary)
    asked = parse_order(order_by, kind.vocabulary)
    orders = (*asked, *kind.natural[-2:]) if asked else kind.natural  # equals by name, the newest version first
    kept = [record for record in records if all(_holds(kind, record, each) for each in conditions)]
    for order in reversed(orders):  # the sort is stable, so the first key is applied last
        kept.sort(key=lambda record: _sortable(_fact(kind, record, order)), reverse=order.descending)
    return kept[skip : skip + limit], len(kept) > skip + limit


def _fact(kind: Searched, record: Record, what: Condition | Order) -> Any:
    if what.kind == "tag":
        return record.body.get("tags", {}).get(what.key)
    return kind.facts[what.key](record)


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value is None, value if value is not None else "")


def _holds(kind: Searched, record: Record, condition: Condition) -> bool:
    value = _fact(kind, record, condition)
    if condition.operator in ("IS NULL", "IS NOT NULL"):
        return (value is None) == (condition.operator == "IS NULL")
    if value is None:
        # MLflow lists what is no prompt by this filter, and only prompts have the tag.
        return (condition.key, condition.operator) == (PROMPT_TAG, "!=")
    return _COMPARE[condition.operator](value, condition.value)


def _like(value: Any, pattern: Any, flags: int = 0) -> bool:
    words = {"%": ".*", "_": "."}
    written = "".join(words.get(character) or re.escape(character) for character in pattern)
    return re.fullmatch(written, value, flags | re.DOTALL) is not None


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "IN": lambda value, among: value in among,
    "NOT IN": lambda value, among: value not in among,
    "LIKE": _like,
    "ILIKE": lambda value, pattern: _like(value, pattern, re.IGNORECASE),
}
