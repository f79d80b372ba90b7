"""Conditions and orders turned into SQL, always by parameters, and applied to rows of the state.

Newest metric values live in the points database, which may be another file or server, so no statement can join the
two. A search that names metrics reads the values of those metrics first and filters and sorts the candidates here;
a search that names none is filtered, sorted and cut to a page by the database.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Integer, Table, and_, case, exists, select

from lazuli.store.tables import dataset_input, param, tag
from lazuli.tracking.filters import Condition, Order, Vocabulary, parse_filter, parse_order
from lazuli.tracking.paging import read_token, token

__all__ = ["Newest", "Question", "Subject", "find"]

Newest = Callable[[str], Mapping[str, float]]
"""Gives the newest value of one metric, by the id of the run or model that has it."""


@dataclass(frozen=True)
class Question:
    """A search, read and checked: what must hold, what to sort by, and which page is wanted."""

    conditions: Sequence[Condition]
    orders: Sequence[Order]
    offset: int
    limit: int

    def names(self, kind: str) -> bool:
        """Whether it speaks of anything of this kind."""
        return any(one.kind == kind for one in (*self.conditions, *self.orders))


@dataclass(frozen=True)
class Subject:
    """What is searched: a table, the columns its attributes stand in, and its natural order, latest first.

    ``kinds`` says what else than attributes it has, ``aliases`` how an attribute is called besides.
    """

    table: Table
    attributes: Mapping[str, Column[Any]]
    natural: Column[Any]
    kinds: frozenset[str]
    aliases: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> Column[Any]:
        """The column that names a row."""
        return self.table.c.id

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """What may be asked of it: an attribute is a number where its column is."""
        numbers = frozenset(name for name, column in self.attributes.items() if isinstance(column.type, Integer))
        return Vocabulary(self.kinds | {"attribute"}, frozenset(self.attributes) - numbers, numbers, self.aliases)

    def ask(self, text: str | None, order_by: Sequence[str] | None, page: str | None, limit: int) -> Question:
        """The question that a client's words ask. Raises :class:`InvalidInput` for what cannot be asked."""
        (offset,) = read_token(page) or (0,)
        conditions = parse_filter(text, self.vocabulary)
        return Question(conditions, parse_order(order_by, self.vocabulary), max(offset, 0), limit)


def find(
    tx: Connection,
    subject: Subject,
    question: Question,
    within: Sequence[ColumnElement[bool]],
    newest: Newest,
    among: frozenset[str] | None = None,
) -> tuple[list[str], str]:
    """The ids of a page of what meets all conditions, sorted, and the next page's token.

    Missing values come last, NaN just before them. With ``among`` only those ids are found.
    """
    conditions, orders = question.conditions, question.orders
    end = question.offset + question.limit
    clauses = [*within, *(_clause(tx, subject, c) for c in conditions if c.kind != "metric")]
    if among is None and not question.names("metric"):
        query = select(subject.id).where(*clauses).order_by(*_sql_order(subject, orders))
        ids = list(tx.execute(query.offset(question.offset).limit(question.limit + 1)).scalars())
    else:
        columns = [_sort_column(subject, order) for order in orders if order.kind != "metric"]
        query = select(subject.id, *columns).where(*clauses).order_by(*_sql_order(subject, ()))
        rows = [tuple(row) for row in tx.execute(query) if among is None or row[0] in among]
        ids = [row[0] for row in _sorted(_kept(rows, conditions, newest), orders, newest)]
        ids = ids[question.offset : end + 1]
    return ids[: question.limit], token(end) if len(ids) > question.limit else ""


_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _kept(rows: list[tuple[Any, ...]], conditions: Sequence[Condition], newest: Newest) -> list[tuple[Any, ...]]:
    for condition in conditions:
        if condition.kind == "metric":
            values, holds, bound = newest(condition.key), _COMPARE[condition.operator], condition.value
            # Every comparison with NaN is false, "!=" is true: Python and MLflow agree.
            rows = [row for row in rows if (value := values.get(row[0])) is not None and holds(value, bound)]
    return rows


def _sorted(rows: list[tuple[Any, ...]], orders: Sequence[Order], newest: Newest) -> list[tuple[Any, ...]]:
    column = sum(order.kind != "metric" for order in orders)
    for order in reversed(orders):  # the sort is stable, so the first key is applied last
        if order.kind == "metric":
            values = newest(order.key)
            keyed: list[tuple[Any, tuple[Any, ...]]] = [(values.get(row[0]), row) for row in rows]
        else:
            keyed = [(row[column], row) for row in rows]
            column -= 1
        there = [pair for pair in keyed if pair[0] is not None and not _is_nan(pair[0])]
        there.sort(key=lambda pair: pair[0], reverse=order.descending)
        nans = [pair for pair in keyed if pair[0] is not None and _is_nan(pair[0])]
        rows = [row for _, row in (*there, *nans, *(pair for pair in keyed if pair[0] is None))]
    return rows


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _sql_order(subject: Subject, orders: Sequence[Order]) -> list[ColumnElement[Any]]:
    clauses: list[ColumnElement[Any]] = []
    for order in orders:
        column = _sort_column(subject, order)
        clauses += [case((column.is_(None), 1), else_=0), column.desc() if order.descending else column.asc()]
    return [*clauses, subject.natural.desc(), subject.id]


def _sort_column(subject: Subject, order: Order) -> ColumnElement[Any]:
    if order.kind == "attribute":
        return subject.attributes[order.key]
    table = param if order.kind == "param" else tag
    return select(table.c.value).where(_owner(table) == subject.id, table.c.key == order.key).scalar_subquery()


def _clause(tx: Connection, subject: Subject, condition: Condition) -> ColumnElement[bool]:
    if condition.kind == "attribute":
        return _comparison(tx, subject.attributes[condition.key], condition)
    if condition.kind == "dataset":
        mine = dataset_input.c.run_id == subject.id
        return exists().where(and_(mine, _comparison(tx, dataset_input.c[condition.key], condition)))
    table = param if condition.kind == "param" else tag
    mine = and_(_owner(table) == subject.id, table.c.key == condition.key)
    if condition.operator == "IS NULL":
        return ~exists().where(mine)
    if condition.operator == "IS NOT NULL":
        return exists().where(mine)
    return exists().where(and_(mine, _comparison(tx, table.c.value, condition)))


def _owner(table: Table) -> Column[Any]:
    return table.c.run_id if table is param else table.c.owner_id


def _comparison(tx: Connection, column: Column[Any], condition: Condition) -> ColumnElement[bool]:
    value: Any = condition.value
    match condition.operator:
        case "IN":
            return column.in_(value)
        case "NOT IN":
            return column.not_in(value)
        case "LIKE" if tx.dialect.name == "sqlite":
            return column.op("GLOB", is_comparison=True)(_glob(value))  # SQLite's own LIKE ignores case
        case "LIKE":
            return column.like(_literal_backslashes(tx, value))
        case "ILIKE":
            return column.ilike(_literal_backslashes(tx, value))
    if isinstance(value, int):
        value = max(-(2**63), min(value, 2**63 - 1))  # beyond that no stored number lies
    return _COMPARE[condition.operator](column, value)


def _glob(pattern: str) -> str:
    return "".join(_GLOB.get(character, character) for character in pattern)


_GLOB = {"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}


def _literal_backslashes(tx: Connection, pattern: str) -> str:
    return pattern if tx.dialect.name == "sqlite" else pattern.replace("\\", "\\\\")
